//! A guest's clock from its host, by the guest agent: `guest-get-time`.
//!
//! One connection stays open: starting a program or opening the agent anew for each question would take many times longer than
//! the question itself, and the answer is only worth as much as the time that it may have been given in.

use std::io;
use std::path::Path;

use kvmtime_core::reading::{Link, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_wire::monitor::{self, DELIMITER, Line};
use serde_json::Value;

use super::bracket::Bracket;
use super::{HERE, Names, Pair, source};
use crate::world::{Talk, clock};

const QUESTION: &str = "guest-get-time";
/// An agent on a busy machine was seen to take 0.8 s.
const PATIENCE: Nanos = Nanos(5_000_000_000);
/// The agent reads microseconds (`g_get_real_time`, qemu qga/commands.c) and says nanoseconds.
const TICK: Nanos = Nanos::MICROSECOND;
/// A reading is the narrowest of the answers that come in this time: the first has to wake everybody on its way.
const BURST: Nanos = Nanos(20_000_000);

/// The agent at its own socket.
pub(super) struct Socket {
    talk: Talk,
    name: String,
}

impl Socket {
    /// Opens it and lets the agent say that it listens.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        let mut socket = Self { talk: Talk::unix(path)?, name };
        socket.sync()?;
        Ok(socket)
    }

    /// Whatever an earlier client left, the answer to this comes behind a delimiter.
    fn sync(&mut self) -> io::Result<()> {
        let id = u32::try_from(clock::monotonic().0 & 0x7fff_ffff).unwrap_or_default();
        self.talk.write(&monitor::sync(id))?;
        let deadline = clock::monotonic() + PATIENCE;
        while self.talk.byte(deadline)? != DELIMITER {}
        loop {
            match monitor::line(&self.talk.line(deadline)?) {
                Line::Return(value) if value == id => return Ok(()),
                Line::Error(words) => return Err(io::Error::other(words)),
                _ => {}
            }
        }
    }

    fn ask(&mut self, question: &str) -> io::Result<(Bracket, Value)> {
        let deadline = clock::monotonic() + PATIENCE;
        let bracket = Bracket::begin();
        self.talk.write(question.as_bytes())?;
        let line = self.talk.line(deadline)?;
        let bracket = bracket.end();
        match monitor::line(&line) {
            Line::Return(value) => Ok((bracket, value)),
            Line::Error(words) => Err(io::Error::other(words)),
            Line::Other => Err(io::Error::other("it answers something else")),
        }
    }
}

impl Pair for Socket {
    fn names(&self) -> Names {
        Names::new(&format!("guest at {}", self.name), HERE, "guest agent")
    }

    fn read(&mut self) -> io::Result<Reading> {
        let question = monitor::command(QUESTION, &Value::Null);
        narrowest(|| match self.ask(&question) {
            Ok((bracket, time)) => reading(bracket, &time),
            Err(error) => {
                // A late answer must not be taken for that to the next question.
                let again = self.talk.drain().and_then(|()| self.sync());
                again.and(Err(error))
            }
        })
    }

    fn onward(&mut self) -> Option<Link> {
        source::host_to_utc()
    }
}

/// Of what is asked until [`BURST`] is over or a question fails.
fn narrowest(mut ask: impl FnMut() -> io::Result<Reading>) -> io::Result<Reading> {
    let end = clock::monotonic() + BURST;
    let mut best = ask()?;
    while clock::monotonic() < end
        && let Ok(next) = ask()
    {
        if next.offset.width() < best.offset.width() {
            best = next;
        }
    }
    Ok(best)
}

fn reading(bracket: Bracket, time: &Value) -> io::Result<Reading> {
    let time = time.as_i64().ok_or_else(|| io::Error::other("it tells no time"))?;
    Ok(bracket.remote(Nanos(time), TICK, None))
}

/// The agent of a libvirt domain.
#[cfg(feature = "libvirt")]
pub(super) struct Domain {
    agent: kvmtime_sys::libvirt::Agent,
    name: String,
    uri: String,
}

#[cfg(feature = "libvirt")]
impl Domain {
    /// Connects to libvirt.
    ///
    /// # Errors
    /// In libvirt's words.
    pub(super) fn open(uri: &str, name: &str) -> io::Result<Self> {
        let agent = kvmtime_sys::libvirt::Agent::open(uri, name)?;
        Ok(Self { agent, name: name.to_owned(), uri: uri.to_owned() })
    }
}

#[cfg(feature = "libvirt")]
impl Pair for Domain {
    fn names(&self) -> Names {
        Names::new(&self.name, HERE, format!("guest agent through {}", self.uri))
    }

    fn read(&mut self) -> io::Result<Reading> {
        let question = monitor::command(QUESTION, &Value::Null);
        narrowest(|| {
            let bracket = Bracket::begin();
            let answer = self.agent.ask(question.trim_end(), 5)?;
            let bracket = bracket.end();
            match monitor::line(answer.as_bytes()) {
                Line::Return(time) => reading(bracket, &time),
                Line::Error(words) => Err(io::Error::other(words)),
                Line::Other => Err(io::Error::other("it answers something else")),
            }
        })
    }

    fn onward(&mut self) -> Option<Link> {
        source::host_to_utc()
    }
}
