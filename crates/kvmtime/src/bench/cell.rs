//! The ways to read a clock, and a batch of reads by each.

use std::hint::black_box;

use kvmtime_core::bench::Path;
use kvmtime_sys::{clock_read, counter};

/// The clocks of clock_gettime(2), by their names without `CLOCK_`.
const CLOCKS: [(&str, libc::clockid_t); 11] = [
    ("REALTIME", libc::CLOCK_REALTIME),
    ("MONOTONIC", libc::CLOCK_MONOTONIC),
    ("MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
    ("BOOTTIME", libc::CLOCK_BOOTTIME),
    ("TAI", libc::CLOCK_TAI),
    ("REALTIME_COARSE", libc::CLOCK_REALTIME_COARSE),
    ("MONOTONIC_COARSE", libc::CLOCK_MONOTONIC_COARSE),
    ("PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
    ("THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
    ("REALTIME_ALARM", libc::CLOCK_REALTIME_ALARM),
    ("BOOTTIME_ALARM", libc::CLOCK_BOOTTIME_ALARM),
];

/// The name of a clock.
pub(super) fn name(id: usize) -> Option<&'static str> {
    CLOCKS.iter().find(|(_, clock)| usize::try_from(*clock) == Ok(id)).map(|(name, _)| *name)
}

/// One way to read one clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) clock: &'static str,
    pub(super) path: Path,
    pub(super) way: Way,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    After,
    Rdtscp,
    Library(libc::clockid_t),
    SystemCall(libc::clockid_t),
    GetTimeOfDay,
    Time,
    Nothing,
}

/// All that this machine might be able to read.
pub(super) fn all() -> Vec<Cell> {
    let cell = |clock, path, way| Cell { clock, path, way };
    let mut cells = Vec::new();
    match counter::NAME {
        Some("tsc") => {
            cells.push(cell("rdtsc", Path::Counter, Way::Plain));
            cells.push(cell("lfence; rdtsc", Path::Counter, Way::After));
            if has_rdtscp() {
                cells.push(cell("rdtscp", Path::Counter, Way::Rdtscp));
            }
        }
        Some(name) => {
            cells.push(cell(name, Path::Counter, Way::Plain));
            cells.push(cell("isb; cntvct_el0", Path::Counter, Way::After));
        }
        None => {}
    }
    for (name, id) in CLOCKS {
        cells.push(cell(name, Path::Library, Way::Library(id)));
    }
    cells.push(cell("gettimeofday", Path::Library, Way::GetTimeOfDay));
    cells.push(cell("time", Path::Library, Way::Time));
    for (name, id) in CLOCKS {
        cells.push(cell(name, Path::SystemCall, Way::SystemCall(id)));
    }
    cells.push(cell("getppid", Path::SystemCall, Way::Nothing));
    cells
}

impl Cell {
    /// Reads once, and tells whether that succeeded: a clock that fails costs less than one that works.
    #[inline]
    pub(super) fn read(self) -> bool {
        match self.way {
            Way::Plain | Way::After | Way::Rdtscp => true,
            Way::Library(id) => clock_read::by_library(id),
            Way::SystemCall(id) => clock_read::by_system_call(id),
            Way::GetTimeOfDay => clock_read::gettimeofday(),
            Way::Time => clock_read::time(),
            Way::Nothing => clock_read::nothing(),
        }
    }

    /// Reads so often in a row, and tells how many counts of the counter that took.
    pub(super) fn batch(self, reads: u32) -> u64 {
        match self.way {
            Way::Plain => timed(reads, counter::plain),
            Way::After => timed(reads, counter::after),
            Way::Rdtscp => timed(reads, rdtscp),
            Way::Library(id) => timed(reads, || clock_read::by_library(id)),
            Way::SystemCall(id) => timed(reads, || clock_read::by_system_call(id)),
            Way::GetTimeOfDay => timed(reads, clock_read::gettimeofday),
            Way::Time => timed(reads, clock_read::time),
            Way::Nothing => timed(reads, clock_read::nothing),
        }
    }
}

#[inline]
fn timed<T>(reads: u32, read: impl Fn() -> T) -> u64 {
    let start = counter::stamp();
    for _ in 0..reads {
        black_box(read());
    }
    counter::stamp().saturating_sub(start)
}

#[cfg(target_arch = "x86_64")]
use counter::{has_rdtscp, rdtscp};

#[cfg(not(target_arch = "x86_64"))]
fn has_rdtscp() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn rdtscp() -> u64 {
    counter::plain()
}
