//! `poll(2)`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Waits until a file can be read or its other end is gone; false after so many milliseconds or when a signal came.
///
/// # Errors
/// What the kernel says.
pub fn readable(file: BorrowedFd<'_>, milliseconds: i32) -> io::Result<bool> {
    let mut asked = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer leads to one live entry.
    let ready = unsafe { libc::poll(&raw mut asked, 1, milliseconds) };
    if ready >= 0 {
        return Ok(ready > 0);
    }
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::Interrupted { Ok(false) } else { Err(error) }
}

/// Waits until one of several files can be read or its other end is gone, and gives the first of them; none after so many
/// milliseconds, never if they are negative, or when a signal came.
///
/// # Errors
/// What the kernel says.
pub fn first(files: &[BorrowedFd<'_>], milliseconds: i32) -> io::Result<Option<usize>> {
    let ask = |file: &BorrowedFd<'_>| libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let mut asked: Vec<libc::pollfd> = files.iter().map(ask).collect();
    let count = libc::nfds_t::try_from(asked.len()).unwrap_or_default();
    // SAFETY: the pointer leads to so many live entries.
    if unsafe { libc::poll(asked.as_mut_ptr(), count, milliseconds) } < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(None) } else { Err(error) };
    }
    Ok(asked.iter().position(|file| file.revents != 0))
}
