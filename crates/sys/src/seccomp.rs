//! `seccomp(2)`: system calls that a thread may not make.

use std::io;

/// From now on the system calls that read a clock fail in this thread with `EDOM`, which none of them ever returns by itself.
/// A read that succeeds nevertheless has made no system call: it is the vDSO's.
///
/// # Errors
/// Where the kernel has no seccomp filters.
pub fn without_clocks() -> io::Result<()> {
    let calls = [
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_time,
    ];
    let filter = filter(&calls);
    let length = u16::try_from(filter.len()).map_err(io::Error::other)?;
    let program = libc::sock_fprog { len: length, filter: filter.as_ptr().cast_mut() };
    let (no, yes): (libc::c_ulong, libc::c_ulong) = (0, 1);
    // SAFETY: prctl takes numbers here. Without new privileges a filter needs none (seccomp(2)); both last as long as the thread.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, yes, no, no, no) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
    // SAFETY: the kernel copies the program, which is live until the call returns; its length is the filter's.
    if unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// `if nr == call return EDOM`, for each call; else all is allowed. The architecture is not looked at: a thread of ours makes
/// no calls of another one.
fn filter(calls: &[libc::c_long]) -> Vec<libc::sock_filter> {
    let op = |code: u32, k: u32| libc::sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt: 0,
        jf: 0,
        k,
    };
    // `nr` is the first field of struct seccomp_data.
    let mut filter = vec![op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    let refused = libc::SECCOMP_RET_ERRNO | u32::try_from(libc::EDOM).unwrap_or_default();
    for call in calls {
        let number = u32::try_from(*call).unwrap_or(u32::MAX);
        let equal = op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number);
        filter.push(libc::sock_filter { jf: 1, ..equal });
        filter.push(op(libc::BPF_RET | libc::BPF_K, refused));
    }
    filter.push(op(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    filter
}

#[cfg(test)]
mod tests {
    use crate::clock_read;

    #[test]
    fn a_system_call_fails_and_the_thread_next_to_it_does_not_notice() {
        let inside = std::thread::spawn(|| {
            super::without_clocks().unwrap();
            (
                clock_read::by_system_call(libc::CLOCK_MONOTONIC),
                clock_read::by_library(libc::CLOCK_PROCESS_CPUTIME_ID),
                clock_read::nothing(),
            )
        });
        // The time of a process is no thing of the vDSO (vdso(7)).
        assert_eq!(inside.join().unwrap(), (false, false, true));
        assert!(clock_read::by_system_call(libc::CLOCK_MONOTONIC));
    }
}
