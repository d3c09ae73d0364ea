//! Sockets between a guest and its host (vsock(7)), for which the standard library has no type.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Any own address, `VMADDR_CID_ANY`.
pub const ANY: u32 = libc::VMADDR_CID_ANY;

/// Connects to a port of another machine, by its context id: 2 is the host, 1 this machine.
///
/// # Errors
/// What the kernel says.
pub fn connect(cid: u32, port: u32) -> io::Result<OwnedFd> {
    let socket = socket()?;
    let address = address(cid, port);
    // SAFETY: the pointer leads to a live address of that length.
    let done = unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), LENGTH) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(socket) }
}

/// Listens at a port of this machine.
///
/// # Errors
/// What the kernel says.
pub fn listen(port: u32) -> io::Result<OwnedFd> {
    let socket = socket()?;
    let address = address(ANY, port);
    // SAFETY: as above.
    if unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), LENGTH) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: no memory is involved.
    let done = unsafe { libc::listen(socket.as_raw_fd(), 1) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(socket) }
}

/// Waits for somebody who connects.
///
/// # Errors
/// What the kernel says; `EINTR` when a signal came.
pub fn accept(listener: &OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: nobody asks for the other's address.
    let taken = unsafe {
        libc::accept4(
            listener.as_raw_fd(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            libc::SOCK_CLOEXEC,
        )
    };
    owned(taken)
}

#[expect(clippy::cast_possible_truncation, reason = "sixteen bytes")]
const LENGTH: libc::socklen_t = size_of::<libc::sockaddr_vm>() as libc::socklen_t;

#[expect(clippy::cast_possible_truncation, reason = "it is 40")]
const FAMILY: libc::sa_family_t = libc::AF_VSOCK as libc::sa_family_t;

fn address(cid: u32, port: u32) -> libc::sockaddr_vm {
    // SAFETY: all-zero is a valid `sockaddr_vm`.
    let mut address: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
    address.svm_family = FAMILY;
    address.svm_cid = cid;
    address.svm_port = port;
    address
}

fn socket() -> io::Result<OwnedFd> {
    // SAFETY: no memory is involved.
    owned(unsafe { libc::socket(libc::AF_VSOCK, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) })
}

fn owned(socket: libc::c_int) -> io::Result<OwnedFd> {
    if socket < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave it to us, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(socket) })
}
