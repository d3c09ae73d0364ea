//! Unix sockets whose other end is not waited for for ever, which the standard library cannot connect.
#![expect(clippy::disallowed_types, reason = "it is the door's")]

use std::io;
use std::mem::offset_of;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

#[expect(clippy::cast_possible_truncation, reason = "it is 1")]
const FAMILY: libc::sa_family_t = libc::AF_UNIX as libc::sa_family_t;

/// Connects. Neither this nor what is written later waits for longer: somebody who does not take callers, or does not read, is
/// `WouldBlock`.
///
/// # Errors
/// What the kernel says.
pub fn connect(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    // SAFETY: all-zero is a valid `sockaddr_un`.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = FAMILY;
    let path = path.as_os_str().as_bytes();
    // The last byte is NUL.
    if path.len() >= address.sun_path.len() || path.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    address.sun_path.iter_mut().zip(path).for_each(|(to, byte)| *to = byte.cast_signed());
    let length = offset_of!(libc::sockaddr_un, sun_path) + path.len() + 1;
    let length = libc::socklen_t::try_from(length).unwrap_or_default();
    // SAFETY: no memory is involved.
    let socket = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if socket < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave it to us, and nobody else has it.
    let socket = unsafe { UnixStream::from_raw_fd(socket) };
    socket.set_write_timeout(Some(patience))?;
    // SAFETY: the pointer leads to a live address of at least that length.
    let done = unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(socket) }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test cleans up")]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn who_takes_no_callers_is_not_waited_for() -> io::Result<()> {
        let name = format!("kvmtime.{}.socket", std::process::id());
        let path = std::env::temp_dir().join(name);
        let listener = UnixListener::bind(&path)?;
        // SAFETY: no memory is involved. One caller may wait.
        unsafe { libc::listen(listener.as_raw_fd(), 0) };
        let call = || connect(&path, Duration::from_millis(50));
        let first = call();
        let second = call().map_err(|error| error.kind());
        std::fs::remove_file(&path)?;
        first?;
        assert_eq!(second.err(), Some(io::ErrorKind::WouldBlock));
        Ok(())
    }
}
