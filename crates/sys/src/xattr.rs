//! Extended attributes of files (xattr(7)): labels and access lists.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// No attribute is longer (`XATTR_SIZE_MAX`, include/uapi/linux/limits.h).
const LONGEST: usize = 1 << 16;

/// An attribute of the file at a path, links followed; nothing where it or its file system has none.
///
/// # Errors
/// What the kernel says otherwise.
pub fn get(path: &Path, name: &CStr) -> io::Result<Option<Vec<u8>>> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut value = vec![0_u8; LONGEST];
    // SAFETY: both strings end with NUL, and the buffer is as long as is said.
    let length = unsafe {
        libc::getxattr(path.as_ptr(), name.as_ptr(), value.as_mut_ptr().cast(), value.len())
    };
    let Ok(length) = usize::try_from(length) else {
        let error = io::Error::last_os_error();
        let none = matches!(error.raw_os_error(), Some(libc::ENODATA | libc::EOPNOTSUPP));
        return if none { Ok(None) } else { Err(error) };
    };
    value.truncate(length);
    Ok(Some(value))
}

/// Gives a file an attribute.
///
/// # Errors
/// What the kernel says.
pub fn set(file: BorrowedFd<'_>, name: &CStr, value: &[u8]) -> io::Result<()> {
    // SAFETY: the string ends with NUL, and the value is as long as is said.
    let done = unsafe {
        libc::fsetxattr(file.as_raw_fd(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0)
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
