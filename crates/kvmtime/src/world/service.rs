//! What a service is to others: to systemd, and to whoever asks at its socket.
#![expect(clippy::disallowed_methods, reason = "this is the door")]

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kvmtime_sys::unix;
use sd_notify::NotifyState;

/// Who asks and does not read what he is told is left alone after this.
const PATIENCE: Duration = Duration::from_millis(500);

/// What systemd is told (sd_notify(3)).
pub(crate) enum Told<'a> {
    /// The service does its work.
    Ready,
    /// It reads its configuration again.
    Reloading,
    /// It ends.
    Stopping,
    /// It is alive.
    Alive,
    /// What it does.
    Doing(&'a str),
}

/// Tells it to systemd; nobody where systemd did not start it. That it cannot be told is no reason not to work.
pub(crate) fn tell(what: &Told<'_>) {
    let _ = match what {
        Told::Ready => sd_notify::notify(&[NotifyState::Ready]),
        Told::Reloading => NotifyState::monotonic_usec_now()
            .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
        Told::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        Told::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
        Told::Doing(what) => sd_notify::notify(&[NotifyState::Status(what)]),
    };
}

/// How often systemd must hear that the service is alive (`WatchdogSec=`).
pub(crate) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// A socket at which everybody who may is told the same.
pub(crate) struct Desk {
    listener: UnixListener,
    path: PathBuf,
}

impl Desk {
    /// Opens it, for its owner and group. Whoever left one there must be gone.
    ///
    /// # Errors
    /// What the kernel says, or that somebody else answers there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Whose queue is full is there, too.
        let called = unix::connect(path, PATIENCE).map_err(|error| error.kind());
        if matches!(called, Ok(_) | Err(io::ErrorKind::WouldBlock)) {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another one answers there"));
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        let desk = Self { listener, path: path.to_owned() };
        fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
        desk.listener.set_nonblocking(true)?;
        Ok(desk)
    }

    /// Tells whoever is first in the queue.
    pub(crate) fn serve(&self, text: impl FnOnce() -> String) {
        let Ok((mut who, _)) = self.listener.accept() else { return };
        let ready = who.set_nonblocking(false).and_then(|()| who.set_write_timeout(Some(PATIENCE)));
        // Who went away needs no answer.
        let _ = ready.and_then(|()| who.write_all(text().as_bytes()));
    }
}

impl AsFd for Desk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether files can be made in a folder, which is made if it is missing.
///
/// # Errors
/// What the kernel says.
pub(crate) fn try_folder(folder: &Path) -> io::Result<()> {
    attempt(folder, |probe| fs::write(probe, b""))
}

/// The same for a socket that others may reach.
///
/// # Errors
/// What the kernel says.
pub(crate) fn try_socket(folder: &Path) -> io::Result<()> {
    attempt(folder, |probe| UnixListener::bind(probe).map(drop))
}

fn attempt(folder: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".kvmtime.{}", std::process::id()));
    make(&probe)?;
    fs::remove_file(&probe)
}
