//! The door for writing, which only `apply/` goes through.
#![expect(clippy::disallowed_types, reason = "this is the door")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

/// This machine, to be changed.
pub(crate) struct Writable(());

impl Writable {
    /// This machine.
    pub(crate) fn live() -> Self {
        Self(())
    }

    /// Writes to a file of the kernel, which is there already.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
    }

    /// Holds a file against every other kvmtime; none if one holds it. One that was killed may need a moment to be gone.
    ///
    /// # Errors
    /// Where it cannot be opened for writing.
    pub(crate) fn lock(&self, path: &str) -> io::Result<Option<Held>> {
        const TRIES: usize = 10;
        const MOMENT: Duration = Duration::from_millis(50);
        let file = OpenOptions::new().write(true).open(path)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Held(file))),
                Err(TryLockError::WouldBlock) => thread::sleep(MOMENT),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// A file that is held as long as this value, or a copy of it, is there.
pub(crate) struct Held(File);

/// This program once more, with other arguments: it reads standard input, whose end tells it that this process is gone, however
/// that came. It is in a process group of its own, so that what a terminal sends does not reach it.
pub(crate) struct Witness {
    child: Child,
    input: Option<ChildStdin>,
}

impl Witness {
    /// Starts it. It also holds the file that is held, for as long as it lives.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn start(arguments: &[&str], held: &Held) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(held.0.try_clone()?)
            .process_group(0)
            .spawn()?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// Tells it something, and waits until it is gone.
    pub(crate) fn dismiss(&mut self, word: &str) {
        if let Some(mut input) = self.input.take() {
            // It is gone if it cannot be told.
            let _ = input.write_all(word.as_bytes());
        }
        let _ = self.child.wait();
    }
}
