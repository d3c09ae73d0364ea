//! QEMU's own monitor, at its socket.

use std::io;
use std::path::Path;

use kvmtime_core::units::Nanos;
use kvmtime_wire::monitor::{self, Line};
use serde_json::Value;

use super::State;
use crate::world::{Talk, clock};

const PATIENCE: Nanos = Nanos(8_000_000_000);

/// A connection. QEMU serves one at a time.
pub(crate) struct Monitor {
    talk: Talk,
}

impl Monitor {
    /// Opens it, and says that nothing special is wanted.
    ///
    /// # Errors
    /// When nobody answers.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut monitor = Self { talk: Talk::unix(path)? };
        monitor.ask("qmp_capabilities", &Value::Null)?;
        Ok(monitor)
    }

    /// Asks, and gives the answer.
    ///
    /// # Errors
    /// In QEMU's words.
    pub(crate) fn ask(&mut self, command: &str, arguments: &Value) -> io::Result<Value> {
        self.hear(command, arguments, |_| {})
    }

    /// Asks, and hears what QEMU says besides: events.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn hear(
        &mut self,
        command: &str,
        arguments: &Value,
        mut besides: impl FnMut(&[u8]),
    ) -> io::Result<Value> {
        let deadline = clock::monotonic() + PATIENCE;
        self.talk.write(monitor::command(command, arguments).as_bytes())?;
        loop {
            let line = self.talk.line(deadline)?;
            match monitor::line(&line) {
                Line::Return(value) => return Ok(value),
                Line::Error(words) => return Err(io::Error::other(words)),
                Line::Other => besides(&line),
            }
        }
    }

    /// The connection, for who listens from now on.
    pub(crate) fn into_talk(self) -> Talk {
        self.talk
    }

    /// Whether the machine runs (`query-status`).
    ///
    /// # Errors
    /// As above.
    pub(super) fn state(&mut self) -> io::Result<State> {
        let status = self.ask("query-status", &Value::Null)?;
        let running = status.get("running").and_then(Value::as_bool) == Some(true);
        Ok(if running { State::Running } else { State::Paused })
    }
}
