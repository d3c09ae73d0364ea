//! `perf_event_open(2)`: where a thread is, looked at many times a second.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// `struct perf_event_attr` as of `PERF_ATTR_SIZE_VER0`, include/uapi/linux/perf_event.h.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    frequency: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    breakpoint_type: u32,
    breakpoint: u64,
}

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_CPU_CLOCK: u64 = 0;
const PERF_SAMPLE_IP: u64 = 1;
/// `exclude_kernel`, `exclude_hv`, `freq`: what needs no privilege for a process of one's own.
const FLAGS: u64 = 1 << 5 | 1 << 6 | 1 << 10;
const PERF_RECORD_SAMPLE: u32 = 9;
/// `data_head` and `data_tail` of `struct perf_event_mmap_page`.
const HEAD: usize = 1024;
const TAIL: usize = 1032;
/// 4096 samples with pages of 4 KiB: four seconds at 1000 Hz. It must be a power of two.
const RING_PAGES: usize = 16;

/// A thread that is looked at.
#[derive(Debug)]
pub struct Sampler {
    memory: *mut u8,
    page: usize,
    _event: OwnedFd,
}

impl Sampler {
    /// Looks at a thread so often in a second of its time on a processor in user mode.
    ///
    /// # Errors
    /// `EACCES` where `kernel.perf_event_paranoid` forbids it, or the process is another's.
    pub fn open(thread: u32, frequency: u64) -> io::Result<Self> {
        let attributes = Attributes {
            kind: PERF_TYPE_SOFTWARE,
            size: u32::try_from(size_of::<Attributes>()).map_err(io::Error::other)?,
            config: PERF_COUNT_SW_CPU_CLOCK,
            frequency,
            sample_type: PERF_SAMPLE_IP,
            flags: FLAGS,
            ..Attributes::default()
        };
        let thread = libc::pid_t::try_from(thread).map_err(io::Error::other)?;
        let (any_cpu, no_group, flags) = (-1, -1, 8_u64 /* PERF_FLAG_FD_CLOEXEC */);
        // SAFETY: the kernel reads the live struct, whose size it is told.
        let event = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                thread,
                any_cpu,
                no_group,
                flags,
            )
        };
        let event = i32::try_from(event).map_err(io::Error::other)?;
        if event < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        let event = unsafe { OwnedFd::from_raw_fd(event) };
        // SAFETY: it takes and returns a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let page = usize::try_from(page).map_err(io::Error::other)?;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                page * (1 + RING_PAGES),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                event.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { memory: memory.cast(), page, _event: event })
    }

    /// The addresses at which it was since the last call.
    pub fn addresses(&mut self) -> Vec<u64> {
        let head = self.mark(HEAD).load(Ordering::Acquire);
        let mut tail = self.mark(TAIL).load(Ordering::Relaxed);
        let mut addresses = Vec::new();
        while tail < head {
            // struct perf_event_header: u32 type, u16 misc, u16 size. Records are multiples of eight bytes.
            let header = self.word(tail);
            let size = header >> 48;
            if header & 0xffff_ffff == u64::from(PERF_RECORD_SAMPLE) {
                addresses.push(self.word(tail + 8));
            }
            tail += size.max(8);
        }
        self.mark(TAIL).store(tail, Ordering::Release);
        addresses
    }

    fn mark(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: both marks are aligned words in the first page, which stays mapped as long as `self`.
        unsafe { &*self.memory.add(offset).cast::<AtomicU64>() }
    }

    fn word(&self, at: u64) -> u64 {
        let offset = usize::try_from(at).unwrap_or_default() % (self.page * RING_PAGES) / 8 * 8;
        // SAFETY: the offset is that of an aligned word in the ring; the kernel does not write below `head`.
        unsafe { self.memory.add(self.page + offset).cast::<u64>().read_volatile() }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of that size, and nothing refers to it any more.
        unsafe { libc::munmap(self.memory.cast(), self.page * (1 + RING_PAGES)) };
    }
}
