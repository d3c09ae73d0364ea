//! `uname(2)`.

use std::ffi::CStr;
use std::io;

/// What `uname -a` prints of a Linux machine: system, node, release, version, machine.
///
/// # Errors
/// What the kernel says.
pub fn all() -> io::Result<String> {
    // SAFETY: all-zero is a valid `utsname`.
    let mut name: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes into the struct that the pointer leads to.
    if unsafe { libc::uname(&raw mut name) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let fields = [&name.sysname, &name.nodename, &name.release, &name.version, &name.machine];
    let words = fields.map(|field| {
        // SAFETY: the kernel ends every field with NUL inside its array.
        unsafe { CStr::from_ptr(field.as_ptr()) }.to_string_lossy().into_owned()
    });
    Ok(words.join(" "))
}
