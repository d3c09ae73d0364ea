//! `kill(2)` and `wait4(2)`.

use std::io;

/// Ends a child process at once; one that is gone already is no fault.
pub fn end(pid: u32) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        // SAFETY: a signal to a process touches no memory of ours.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}

/// How a child process ended, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; none if a signal ended it.
    pub status: Option<i32>,
    /// `ru_maxrss` (getrusage(2)): the most memory that was resident, KiB.
    pub peak_kib: u64,
    /// Time on processors, its own and that of children that it waited for, microseconds.
    pub cpu_us: u64,
}

/// Waits for a child process, which is gone afterwards.
///
/// # Errors
/// When there is no such child.
pub fn wait(pid: u32) -> io::Result<Ended> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: all-zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers lead to live values that the kernel may write.
    if unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let microseconds = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    let cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    Ok(Ended {
        cpu_us: u64::try_from(cpu_us).unwrap_or_default(),
        status: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        peak_kib: u64::try_from(usage.ru_maxrss).unwrap_or_default(),
    })
}
