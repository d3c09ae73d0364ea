//! PTP hardware clocks: the ioctls that read one beside the system clock (Linux `include/uapi/linux/ptp_clock.h`).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Time {
    sec: i64,
    nsec: u32,
    reserved: u32,
}

impl Time {
    fn nanos(self) -> i64 {
        self.sec.saturating_mul(1_000_000_000).saturating_add(i64::from(self.nsec))
    }
}

/// `PTP_MAX_SAMPLES`.
const MOST: usize = 25;

#[repr(C)]
struct Offset {
    samples: u32,
    reserved: [u32; 3],
    times: [Time; 2 * MOST + 1],
}

#[repr(C)]
struct Extended {
    samples: u32,
    reserved: [u32; 3],
    times: [[Time; 3]; MOST],
}

#[repr(C)]
#[derive(Default)]
struct Precise {
    device: Time,
    realtime: Time,
    raw: Time,
    reserved: [u32; 4],
}

/// `_IOW('=', 5, struct ptp_sys_offset)`.
const SYS_OFFSET: u64 = 0x4340_3D05;
/// `_IOWR('=', 8, struct ptp_sys_offset_precise)`.
const SYS_OFFSET_PRECISE: u64 = 0xC040_3D08;
/// `_IOWR('=', 9, struct ptp_sys_offset_extended)`.
const SYS_OFFSET_EXTENDED: u64 = 0xC4C0_3D09;

const _: () = assert!(size_of::<Offset>() == 832);
const _: () = assert!(size_of::<Precise>() == 64);
const _: () = assert!(size_of::<Extended>() == 1216);

/// The clock read between two reads of `CLOCK_REALTIME`, ns since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The system clock before.
    pub before: i64,
    /// The device.
    pub device: i64,
    /// The system clock after; the same as before where one counter was read for both.
    pub after: i64,
}

/// `PTP_SYS_OFFSET_PRECISE`: both clocks at one value of a counter.
///
/// # Errors
/// `EOPNOTSUPP` when the driver has no such thing, `ENODEV` when the system clock runs on another counter.
pub fn precise(device: BorrowedFd<'_>) -> io::Result<Sample> {
    let mut answer = Precise::default();
    ask(device, SYS_OFFSET_PRECISE, &mut answer)?;
    let system = answer.realtime.nanos();
    Ok(Sample { before: system, device: answer.device.nanos(), after: system })
}

/// `PTP_SYS_OFFSET_EXTENDED`: the system clock is read right before and after the device's register.
///
/// # Errors
/// `EOPNOTSUPP` when the driver has no such thing.
pub fn extended(device: BorrowedFd<'_>) -> io::Result<Vec<Sample>> {
    let mut answer =
        Extended { samples: 10, reserved: [0; 3], times: [[Time::default(); 3]; MOST] };
    ask(device, SYS_OFFSET_EXTENDED, &mut answer)?;
    let count = usize::try_from(answer.samples).unwrap_or_default();
    Ok(answer.times.iter().take(count).map(|times| sample(times)).collect())
}

/// `PTP_SYS_OFFSET`: system clock and device in turns.
///
/// # Errors
/// What the kernel says.
pub fn plain(device: BorrowedFd<'_>) -> io::Result<Vec<Sample>> {
    let mut answer =
        Offset { samples: 10, reserved: [0; 3], times: [Time::default(); 2 * MOST + 1] };
    ask(device, SYS_OFFSET, &mut answer)?;
    let count = usize::try_from(answer.samples).unwrap_or_default();
    Ok(answer.times.windows(3).step_by(2).take(count).map(sample).collect())
}

fn sample(times: &[Time]) -> Sample {
    let at = |index: usize| times.get(index).map_or(0, |time| time.nanos());
    Sample { before: at(0), device: at(1), after: at(2) }
}

fn ask<T>(device: BorrowedFd<'_>, request: u64, answer: &mut T) -> io::Result<()> {
    // SAFETY: each request number carries the size of the struct that goes with it, which is checked above; the kernel reads and
    // writes no further.
    let done = unsafe { libc::ioctl(device.as_raw_fd(), request as libc::Ioctl, answer) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
