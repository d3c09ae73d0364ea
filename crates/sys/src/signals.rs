//! Signals that ask a program to end or to do something else, noticed instead of obeyed.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// What a terminal, an operator or a service manager ends programs with.
const ENDING: [libc::c_int; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

extern "C" fn note(signal: libc::c_int) {
    CAUGHT.store(signal, Ordering::Relaxed);
}

/// From now on these signals are noticed; a call that sleeps is interrupted by them.
///
/// # Errors
/// What the kernel says.
pub fn catch() -> io::Result<()> {
    catch_with(0)
}

/// The same, but each only once: a second one ends the program, whatever it waits for.
///
/// # Errors
/// What the kernel says.
pub fn catch_once() -> io::Result<()> {
    catch_with(libc::SA_RESETHAND)
}

fn catch_with(flags: libc::c_int) -> io::Result<()> {
    for signal in ENDING {
        // SAFETY: all-zero is a valid `sigaction`: no flags, nothing blocked.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_flags = flags;
        action.sa_sigaction = note as *const () as libc::sighandler_t;
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe; the old action is not asked for.
        if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// The name of the signal that came, if one did.
pub fn caught() -> Option<&'static str> {
    match CAUGHT.load(Ordering::Relaxed) {
        0 => None,
        libc::SIGINT => Some("SIGINT"),
        libc::SIGTERM => Some("SIGTERM"),
        libc::SIGHUP => Some("SIGHUP"),
        _ => Some("SIGQUIT"),
    }
}

/// Signals that a program may be told something by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP: to daemons, to read their configuration again.
    Hangup,
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGQUIT.
    Quit,
}

impl Signal {
    fn number(self) -> libc::c_int {
        match self {
            Self::Hangup => libc::SIGHUP,
            Self::Interrupt => libc::SIGINT,
            Self::Terminate => libc::SIGTERM,
            Self::Quit => libc::SIGQUIT,
        }
    }
}

/// Where signals are delivered that interrupt nobody: signalfd(2).
pub struct Mailbox {
    file: OwnedFd,
    signals: Vec<Signal>,
}

impl Mailbox {
    /// These signals come here from now on, if the process has no other thread yet: those that it starts inherit that.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn open(signals: &[Signal]) -> io::Result<Self> {
        // SAFETY: all-zero is a valid `sigset_t`, which is filled below.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        for signal in signals {
            // SAFETY: the pointer leads to a live set.
            unsafe { libc::sigaddset(&raw mut set, signal.number()) };
        }
        // SAFETY: the pointer leads to a live set; the old one is not asked for.
        let blocked =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
        if blocked != 0 {
            return Err(io::Error::from_raw_os_error(blocked));
        }
        // SAFETY: the pointer leads to a live set.
        let file =
            unsafe { libc::signalfd(-1, &raw const set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just gave it to us, and nobody else has it.
        let file = unsafe { OwnedFd::from_raw_fd(file) };
        Ok(Self { file, signals: signals.to_vec() })
    }

    /// The next signal, if one came.
    pub fn take(&self) -> Option<Signal> {
        // SAFETY: all-zero is a valid `signalfd_siginfo`.
        let mut info: libc::signalfd_siginfo = unsafe { std::mem::zeroed() };
        let size = size_of_val(&info);
        // SAFETY: the kernel writes at most so many bytes to where the pointer leads.
        let read = unsafe { libc::read(self.file.as_raw_fd(), (&raw mut info).cast(), size) };
        let whole = usize::try_from(read).is_ok_and(|read| read == size);
        let number = libc::c_int::try_from(info.ssi_signo).ok().filter(|_| whole)?;
        self.signals.iter().copied().find(|signal| signal.number() == number)
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
