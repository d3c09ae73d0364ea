//! Conversations with other programs: over sockets, serial lines and packets.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this is the door")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kvmtime_core::units::Nanos;
use kvmtime_sys::{tty, unix, vsock, wait};

use super::{End, clock};

/// A line that is longer is none that anybody here waits for.
const LONGEST: usize = 1 << 16;
/// What others left unread is less.
const RUBBISH: usize = 1 << 20;
/// QEMU's sockets serve one at a time, and let one more wait; who comes then waits so long.
const TAKEN: Duration = Duration::from_secs(1);
/// unix(7): `sun_path` has 108 bytes, the last of which is NUL.
const LONGEST_PATH: usize = 107;

/// Bytes to and from one other.
pub(crate) struct Talk {
    file: File,
    unread: Vec<u8>,
}

impl Talk {
    /// With who listens at a unix socket.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn unix(path: &Path) -> io::Result<Self> {
        let stream = at_socket(path, |path| unix::connect(path, TAKEN))?;
        Ok(Self::of(OwnedFd::from(stream).into()))
    }

    /// Over a device such as a serial line or a virtio port.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn device(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path)?;
        tty::raw(file.as_fd())?;
        Ok(Self::of(file))
    }

    /// With who listens at a vsock port of another machine.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn vsock(cid: u32, port: u32) -> io::Result<Self> {
        Ok(Self::of(vsock::connect(cid, port)?.into()))
    }

    fn of(file: File) -> Self {
        Self { file, unread: Vec::new() }
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Throws away what came unasked.
    ///
    /// # Errors
    /// What the kernel says, and when it does not end.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        let mut thrown = std::mem::take(&mut self.unread).len();
        while wait::readable(self.file.as_fd(), 0)? {
            self.more()?;
            thrown += std::mem::take(&mut self.unread).len();
            if thrown > RUBBISH {
                return Err(endless());
            }
        }
        Ok(())
    }

    /// Waits for the next bytes and says whether there are any before `CLOCK_MONOTONIC` says this.
    ///
    /// # Errors
    /// When the other end is gone.
    pub(crate) fn wait(&mut self, deadline: Nanos) -> io::Result<bool> {
        if !self.unread.is_empty() {
            return Ok(true);
        }
        let left = (deadline - clock::monotonic()).0.max(0);
        // Rounded up: not to wait once more for less than a millisecond.
        let left = i32::try_from(left / 1_000_000 + 1).unwrap_or(i32::MAX);
        if !wait::readable(self.file.as_fd(), left)? {
            return Ok(false);
        }
        self.more()?;
        Ok(true)
    }

    /// The next byte.
    ///
    /// # Errors
    /// When none comes in time, or the other end is gone.
    pub(crate) fn byte(&mut self, deadline: Nanos) -> io::Result<u8> {
        if self.wait(deadline)? { Ok(self.unread.remove(0)) } else { Err(late()) }
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn line(&mut self, deadline: Nanos) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.pop();
                return Ok(line);
            }
            if self.unread.len() > LONGEST {
                return Err(endless());
            }
            let seen = std::mem::take(&mut self.unread);
            let came = self.wait(deadline);
            self.unread.splice(..0, seen);
            if !came? {
                return Err(late());
            }
        }
    }

    /// The next line, whenever it comes; nothing when the end of all work does.
    ///
    /// # Errors
    /// When the other end is gone.
    pub(crate) fn line_or(&mut self, end: &End) -> io::Result<Option<Vec<u8>>> {
        loop {
            if self.unread.contains(&b'\n') {
                return self.line(clock::monotonic()).map(Some);
            }
            match wait::first(&[end.as_fd(), self.file.as_fd()], -1)? {
                Some(0) => return Ok(None),
                Some(_) if self.unread.len() > LONGEST => {
                    return Err(io::Error::other("it sends no lines"));
                }
                Some(_) => self.more()?,
                None => {}
            }
        }
    }

    /// All that comes until the other end hangs up.
    ///
    /// # Errors
    /// When it does not in time.
    pub(crate) fn rest(mut self, deadline: Nanos) -> io::Result<Vec<u8>> {
        loop {
            let seen = std::mem::take(&mut self.unread);
            let more = self.wait(deadline);
            self.unread.splice(..0, seen);
            match more {
                Ok(true) => {}
                Ok(false) => return Err(late()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(self.unread);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Another end of the same conversation, which only writes.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn writer(&self) -> io::Result<Self> {
        self.file.try_clone().map(Self::of)
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        match self.file.read(&mut buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the other end is gone")),
            count => {
                self.unread.extend(&buffer[..count]);
                Ok(())
            }
        }
    }
}

fn endless() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it sends more than any answer is long")
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
}

/// Where somebody may call.
pub(crate) enum Listener {
    Unix(UnixListener, PathBuf),
    Vsock(OwnedFd),
}

impl Listener {
    /// At a unix socket, which nobody may be listening at, and which is removed afterwards.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn unix(path: &Path) -> io::Result<Self> {
        let listener = at_socket(path, |path| UnixListener::bind(path))?;
        Ok(Self::Unix(listener, path.to_owned()))
    }

    /// At a vsock port.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn vsock(port: u32) -> io::Result<Self> {
        vsock::listen(port).map(Self::Vsock)
    }

    /// Waits for a caller so many milliseconds, or until a signal comes.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn accept(&self, milliseconds: i32) -> io::Result<Option<Talk>> {
        let own = match self {
            Self::Unix(listener, _) => listener.as_fd(),
            Self::Vsock(listener) => listener.as_fd(),
        };
        if !wait::readable(own, milliseconds)? {
            return Ok(None);
        }
        let file = match self {
            Self::Unix(listener, _) => OwnedFd::from(listener.accept()?.0),
            Self::Vsock(listener) => vsock::accept(listener)?,
        };
        Ok(Some(Talk::of(file.into())))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = fs::remove_file(path);
        }
    }
}

/// A socket's path that is too long is reached through its folder.
fn at_socket<T>(path: &Path, open: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return open(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return open(path) };
    let folder = File::open(folder)?;
    open(&Path::new(&format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name))
}

/// Questions and answers, each in a packet.
pub(crate) enum Packets {
    Udp(UdpSocket),
    Unix(UnixDatagram, PathBuf),
}

impl Packets {
    /// With a UDP port. A name that has several addresses is asked at the first.
    ///
    /// # Errors
    /// When there is no such name, or what the kernel says.
    pub(crate) fn udp(host: &str, port: u16) -> io::Result<Self> {
        let missing = || io::Error::other("it has no address");
        let to = (host, port).to_socket_addrs()?.next().ok_or_else(missing)?;
        let any: SocketAddr = match to {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(to)?;
        Ok(Self::Udp(socket))
    }

    /// With who listens at a unix socket. It answers to a socket beside it, which is removed afterwards.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn unix(path: &Path) -> io::Result<Self> {
        let own = path.with_extension(format!("kvmtime.{}", std::process::id()));
        let socket = UnixDatagram::bind(&own)?;
        // What answers may run as another user.
        let opened = fs::set_permissions(&own, fs::Permissions::from_mode(0o666));
        let socket = Self::Unix(socket, own);
        if let Self::Unix(socket, _) = &socket {
            opened.and_then(|()| socket.connect(path))?;
        }
        Ok(socket)
    }

    /// Sends a packet.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn send(&self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(packet),
            Self::Unix(socket, _) => socket.send(packet),
        }
        .map(|_| ())
    }

    /// The next packet.
    ///
    /// # Errors
    /// When none comes in time.
    pub(crate) fn receive(&self, patience: Duration) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 2048];
        let received = match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(Some(patience))?;
                socket.recv(&mut buffer)
            }
            Self::Unix(socket, _) => {
                socket.set_read_timeout(Some(patience))?;
                socket.recv(&mut buffer)
            }
        };
        match received {
            Ok(count) => {
                buffer.truncate(count);
                Ok(buffer)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(late()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Packets {
    fn drop(&mut self) {
        if let Self::Unix(_, own) = self {
            let _ = fs::remove_file(own);
        }
    }
}
