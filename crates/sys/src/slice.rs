//! `sched_setattr(2)`: how long a turn of a thread is.

use std::io;

/// `struct sched_attr`, include/uapi/linux/sched/types.h, as its first version is.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Asks for short turns, of so many nanoseconds: Linux 6.12 and later then lets this thread go before others when it wakes up, and none
/// gets less time for it. Older kernels take it and do nothing.
///
/// # Errors
/// What the kernel says; it needs no privilege.
pub fn keep_short(ns: u64) -> io::Result<()> {
    /// `SCHED_FLAG_KEEP_POLICY`: a real-time thread stays one, and is refused.
    const KEEP_POLICY: u64 = 8;
    // SAFETY: getpriority takes numbers, and 0 is this thread.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    let flags = KEEP_POLICY;
    let attributes = Attributes { size: 48, flags, nice, runtime: ns, ..Attributes::default() };
    // SAFETY: the kernel reads as many bytes of the live struct as it says it has.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
