//! `adjtimex(2)`.

use std::io;

/// The kernel's clock discipline, and the state that the call returned.
///
/// # Errors
/// What the kernel says; reading needs no privilege.
pub fn read() -> io::Result<(libc::timex, i32)> {
    // SAFETY: all-zero is a valid `timex`; modes 0 asks for nothing but reading.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes into the struct that the pointer leads to, and into nothing else.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    if state < 0 { Err(io::Error::last_os_error()) } else { Ok((timex, state)) }
}
