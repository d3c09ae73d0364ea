//! `memfd_create(2)`: memory that processes share, read as a file.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Descriptors below this are likely to be named by number in scripts.
const FROM: libc::c_int = 100;

/// So much memory, all zero; programs that are started inherit it by the number of its descriptor.
///
/// # Errors
/// What the kernel says.
pub fn create(size: i64) -> io::Result<OwnedFd> {
    // SAFETY: the name is a C string.
    let low = unsafe { libc::memfd_create(c"kvmtime".as_ptr(), libc::MFD_CLOEXEC) };
    if low < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's.
    let low = unsafe { OwnedFd::from_raw_fd(low) };
    // SAFETY: the call takes numbers.
    let high = unsafe { libc::fcntl(low.as_raw_fd(), libc::F_DUPFD, FROM) };
    if high < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    let high = unsafe { OwnedFd::from_raw_fd(high) };
    // SAFETY: the call takes numbers.
    if unsafe { libc::ftruncate(high.as_raw_fd(), size) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(high)
}

/// The first numbers in it.
///
/// # Errors
/// When it is shorter.
pub fn numbers<const COUNT: usize>(file: &OwnedFd) -> io::Result<[u64; COUNT]> {
    let mut numbers = [0_u64; COUNT];
    let size = size_of_val(&numbers);
    // SAFETY: at most `size` bytes are written to the live array, and every bit pattern is a number.
    let read = unsafe { libc::pread(file.as_raw_fd(), numbers.as_mut_ptr().cast(), size, 0) };
    match usize::try_from(read) {
        Ok(read) if read == size => Ok(numbers),
        Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}
