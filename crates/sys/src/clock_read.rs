//! Reading a clock, by each way that leads to one: these are what `kvmtime bench` times, so they are thin and inlined.

use std::io;
use std::mem::MaybeUninit;

/// `clock_gettime(3)` as programs call it: the C library takes the vDSO where it can. Whether it succeeded.
#[inline]
pub fn by_library(clock: libc::clockid_t) -> bool {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the pointer leads to room for a timespec, into which alone is written.
    unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) == 0 }
}

/// `clock_gettime(2)`, always a system call. Whether it succeeded.
#[inline]
pub fn by_system_call(clock: libc::clockid_t) -> bool {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time.as_mut_ptr()) == 0 }
}

/// `gettimeofday(2)` as programs call it. Whether it succeeded.
#[inline]
pub fn gettimeofday() -> bool {
    let mut time = MaybeUninit::<libc::timeval>::uninit();
    // SAFETY: the pointer leads to room for a timeval; a null time zone is not asked for.
    unsafe { libc::gettimeofday(time.as_mut_ptr(), std::ptr::null_mut()) == 0 }
}

/// `time(2)` as programs call it. Whether it succeeded.
#[inline]
pub fn time() -> bool {
    // SAFETY: nothing is written through a null pointer.
    unsafe { libc::time(std::ptr::null_mut()) != -1 }
}

/// `getppid(2)`: a system call that does next to nothing, the floor of every other.
#[inline]
pub fn nothing() -> bool {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::getppid() >= 0 }
}

/// A clock's time, nanoseconds, by the C library.
///
/// # Errors
/// `EINVAL` where the kernel has no such clock.
#[inline]
pub fn now(clock: libc::clockid_t) -> io::Result<i64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer leads to a live timespec.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(time.tv_sec * 1_000_000_000 + time.tv_nsec)
}

/// What the kernel says a clock's resolution is, nanoseconds (`clock_getres(2)`).
///
/// # Errors
/// As above.
pub fn resolution(clock: libc::clockid_t) -> io::Result<i64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer leads to a live timespec.
    if unsafe { libc::clock_getres(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(time.tv_sec * 1_000_000_000 + time.tv_nsec)
}

/// Sleeps until `CLOCK_MONOTONIC` says this, nanoseconds (`clock_nanosleep(2)`), or a signal comes.
pub fn sleep_until(deadline: i64) {
    let until =
        libc::timespec { tv_sec: deadline / 1_000_000_000, tv_nsec: deadline % 1_000_000_000 };
    // SAFETY: the pointer leads to a live timespec; a deadline leaves no rest to be written.
    unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_MONOTONIC,
            libc::TIMER_ABSTIME,
            &raw const until,
            std::ptr::null_mut(),
        )
    };
}

/// How late the kernel may wake this thread to save wake-ups, nanoseconds (`PR_SET_TIMERSLACK`, prctl(2)).
pub fn set_timer_slack(ns: u32) {
    // SAFETY: prctl takes numbers here; the call cannot fail for this option.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, libc::c_ulong::from(ns)) };
}

/// What it is now, nanoseconds (`PR_GET_TIMERSLACK`).
pub fn timer_slack() -> u32 {
    // SAFETY: prctl takes nothing here.
    u32::try_from(unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }).unwrap_or_default()
}
