//! `localtime_r(3)`.

use std::io;

/// Offset of the local time zone from UTC at a time since the epoch, seconds, positive east of Greenwich.
///
/// # Errors
/// When the year does not fit.
pub fn offset(epoch_seconds: i64) -> io::Result<i64> {
    // SAFETY: all-zero is a valid `tm`: its zone pointer may be null.
    let mut broken: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers lead to live values; only `broken` is written.
    let result = unsafe { libc::localtime_r(&raw const epoch_seconds, &raw mut broken) };
    if result.is_null() { Err(io::Error::last_os_error()) } else { Ok(broken.tm_gmtoff) }
}
