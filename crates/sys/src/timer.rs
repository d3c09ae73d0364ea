//! `timerfd`: a timer that never ends, and that tells when somebody sets the clock.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// `TFD_TIMER_CANCEL_ON_SET` (timerfd_create(2)).
const CANCEL_ON_SET: libc::c_int = 1 << 1;
/// As far away as every kernel accepts, and nobody's clock: 2106.
const NEVER: libc::time_t = u32::MAX as libc::time_t;

/// Tells when `CLOCK_REALTIME` jumps: by a step of any size, a change of TAI − UTC, or a resume.
pub struct Steps(OwnedFd);

impl Steps {
    /// Begins to watch.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn watch() -> io::Result<Self> {
        let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
        // SAFETY: no memory is involved.
        let timer = unsafe { libc::timerfd_create(libc::CLOCK_REALTIME, flags) };
        if timer < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just gave it to us, and nobody else has it.
        let steps = Self(unsafe { OwnedFd::from_raw_fd(timer) });
        let time = libc::timespec { tv_sec: NEVER, tv_nsec: 0 };
        let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let end = libc::itimerspec { it_interval: never, it_value: time };
        let flags = libc::TFD_TIMER_ABSTIME | CANCEL_ON_SET;
        // SAFETY: the pointer leads to a live value; the old one is not asked for.
        let done = unsafe {
            libc::timerfd_settime(steps.0.as_raw_fd(), flags, &raw const end, std::ptr::null_mut())
        };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(steps) }
    }

    /// Waits so many milliseconds, or until there is something to [take](Self::take): whether there is.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn wait(&self, milliseconds: i32) -> io::Result<bool> {
        crate::wait::readable(self.0.as_fd(), milliseconds)
    }

    /// Whether the clock was set since it was last asked. The timer runs on (`timerfd_canceled` in fs/timerfd.c).
    pub fn take(&self) -> bool {
        let mut ended = 0_u64;
        // SAFETY: the kernel writes at most the eight bytes that the pointer leads to.
        let read = unsafe { libc::read(self.0.as_raw_fd(), (&raw mut ended).cast(), 8) };
        read < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::ECANCELED)
    }
}

impl AsFd for Steps {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
