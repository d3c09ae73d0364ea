//! `syslog(2)`, the kernel's log buffer.

use std::io;

/// `SYSLOG_ACTION_READ_ALL` (syslog(2)): everything in the buffer, without taking it out.
const READ_ALL: libc::c_int = 3;
/// `SYSLOG_ACTION_SIZE_BUFFER` (syslog(2)).
const SIZE_BUFFER: libc::c_int = 10;

/// The whole buffer, each line with its `<level>[ time] `.
///
/// # Errors
/// `EPERM` without `CAP_SYSLOG` where `kernel.dmesg_restrict` is 1.
pub fn read_all() -> io::Result<Vec<u8>> {
    let size = call(SIZE_BUFFER, &mut [])?;
    let mut buffer = vec![0; size];
    let read = call(READ_ALL, &mut buffer)?;
    buffer.truncate(read);
    Ok(buffer)
}

fn call(action: libc::c_int, buffer: &mut [u8]) -> io::Result<usize> {
    let length = libc::c_int::try_from(buffer.len()).map_err(io::Error::other)?;
    // SAFETY: the kernel writes at most `length` bytes to the buffer.
    let result = unsafe { libc::klogctl(action, buffer.as_mut_ptr().cast(), length) };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
