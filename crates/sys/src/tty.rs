//! Serial lines.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Lets a terminal pass every byte at once and unchanged (`cfmakeraw(3)`); anything else is left alone.
///
/// # Errors
/// What the kernel says.
pub fn raw(line: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: all-zero is a valid `termios`.
    let mut settings: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer leads to a live struct, here and below.
    if unsafe { libc::tcgetattr(line.as_raw_fd(), &raw mut settings) } < 0 {
        let error = io::Error::last_os_error();
        let no_terminal = matches!(error.raw_os_error(), Some(libc::ENOTTY | libc::EINVAL));
        return if no_terminal { Ok(()) } else { Err(error) };
    }
    // SAFETY: as above.
    unsafe { libc::cfmakeraw(&raw mut settings) };
    settings.c_cflag |= libc::CLOCAL;
    // SAFETY: as above.
    let done = unsafe { libc::tcsetattr(line.as_raw_fd(), libc::TCSANOW, &raw const settings) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
