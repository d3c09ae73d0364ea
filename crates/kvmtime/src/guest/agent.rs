//! qemu-guest-agent's words, and the agent at its own socket.
//!
//! One connection stays open: starting a program or opening the agent anew for each question would take many times longer than
//! the question itself, and the answer is only worth as much as the time that it may have been given in.

use std::io;
use std::path::Path;

use kvmtime_core::reading::Reading;
use kvmtime_core::sync::{LAST, Refusal};
use kvmtime_core::units::Nanos;
use kvmtime_wire::monitor::{self, DELIMITER, Line};
use serde_json::{Value, json};

use crate::world::{Bracket, Talk, clock, plain};

/// An agent on a busy machine was seen to take 0.8 s.
pub(crate) const PATIENCE: Nanos = Nanos(5_000_000_000);
/// The agent reads microseconds (`g_get_real_time`, qemu qga/commands.c) and says nanoseconds.
const TICK: Nanos = Nanos::MICROSECOND;
/// Windows' reads `GetSystemTimeAsFileTime`, which goes on with the timer's interrupt: 64 times a second, or more often (glib
/// gmain.c:g_get_real_time).
const WINDOWS_TICK: Nanos = Nanos(15_625_000);
/// No line that an agent leaves half-sent is longer.
const RUBBISH: usize = 1 << 20;
/// From one look at whether a program has ended to the next.
const LOOK: Nanos = Nanos(10_000_000);

/// Whatever carries questions to an agent.
pub(super) trait Ask {
    /// Asks, and gives the answer with when it came.
    ///
    /// # Errors
    /// Why there is none.
    fn ask(
        &mut self,
        command: &str,
        arguments: &Value,
        patience: Nanos,
    ) -> Result<(Bracket, Value), Refusal>;

    /// Whether it is a Windows', if that was asked.
    fn windows(&mut self) -> &mut Option<bool>;
}

/// Guest − host.
pub(super) fn time(agent: &mut dyn Ask, patience: Nanos) -> Result<Reading, Refusal> {
    let tick = if is_windows(agent, patience)? { WINDOWS_TICK } else { TICK };
    let (bracket, time) = agent.ask("guest-get-time", &Value::Null, patience)?;
    let said = time.as_i64().filter(|ns| (0..=LAST.0).contains(ns));
    let said = said.ok_or_else(|| Refusal::OutOfRange(shortened(&time.to_string())))?;
    Ok(bracket.remote(Nanos(said), tick, None))
}

/// Tells it the host's time, later by a lead.
pub(super) fn set(agent: &mut dyn Ask, lead: Nanos, patience: Nanos) -> Result<(), Refusal> {
    // Taken as late as can be: what follows is writing it down and sending it.
    let time = clock::realtime() + lead;
    let done = agent.ask("guest-set-time", &json!({ "time": time.0 }), patience);
    match done {
        Ok(_) => Ok(()),
        Err(Refusal::Silent | Refusal::Gone | Refusal::Garbage(_)) => Err(Refusal::Unanswered),
        // The agent says it of itself only before it sets the time (`qmp_guest_set_time`, qemu qga/commands-posix.c).
        Err(Refusal::Words(words)) if words.contains("not currently supported") => {
            Err(Refusal::NoHwclock)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Runs a program and waits for its end.
pub(super) fn run(agent: &mut dyn Ask, program: &[&str], patience: Nanos) -> Result<i64, Refusal> {
    let end = clock::monotonic() + patience;
    let [path, arguments @ ..] = program else {
        return Err(Refusal::Words("nothing to run".into()));
    };
    let (_, started) =
        agent.ask("guest-exec", &json!({ "path": path, "arg": arguments }), patience)?;
    let which = started.get("pid").cloned().unwrap_or_default();
    loop {
        let left = end - clock::monotonic();
        if left <= Nanos(0) {
            return Err(Refusal::Late);
        }
        let (_, status) = agent.ask("guest-exec-status", &json!({ "pid": which }), left)?;
        if status.get("exited").and_then(Value::as_bool) == Some(true) {
            // Whom a signal ended has no exit status.
            return Ok(status.get("exitcode").and_then(Value::as_i64).unwrap_or(-1));
        }
        clock::sleep_until(clock::monotonic() + LOOK);
    }
}

/// What came of a set, after which the ticks are dropped that are owed to a clock that is set, or may be.
pub(super) fn settled(
    set: Result<(), Refusal>,
    drop_backlog: impl FnOnce() -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match set {
        Ok(()) | Err(Refusal::Words(_)) => drop_backlog().map_err(Refusal::besides).and(set),
        Err(_) => set,
    }
}

/// Whether it is a Windows'; one that does not know or may not say is none.
pub(super) fn is_windows(agent: &mut dyn Ask, patience: Nanos) -> Result<bool, Refusal> {
    if let Some(known) = *agent.windows() {
        return Ok(known);
    }
    let is = match agent.ask("guest-get-osinfo", &Value::Null, patience) {
        Ok((_, system)) => system.get("id").and_then(Value::as_str) == Some("mswindows"),
        Err(Refusal::Blocked(_) | Refusal::Words(_)) => false,
        Err(refusal) => return Err(refusal),
    };
    *agent.windows() = Some(is);
    Ok(is)
}

/// What is behind an agent's or libvirt's words for a failure.
pub(super) fn refused(words: &str) -> Refusal {
    let blocked = ["has been disabled", "has not been found"];
    match blocked.iter().any(|part| words.contains(part)) {
        true => Refusal::Blocked(shortened(words)),
        false => Refusal::Words(shortened(words)),
    }
}

/// The answer in a line that an agent sent.
pub(super) fn answer(line: &[u8]) -> Result<Value, Refusal> {
    match monitor::line(line) {
        Line::Return(value) => Ok(value),
        Line::Error(words) => Err(refused(&words)),
        Line::Other => Err(Refusal::Garbage(shortened(&String::from_utf8_lossy(line)))),
    }
}

/// As much as a person wants to see.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 240;
    let text = text.trim_end();
    let clean = text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let more = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("{}{more}", clean.collect::<String>())
}

/// The agent at its own socket.
pub(crate) struct Agent {
    talk: Talk,
    name: String,
    /// Whether all that was asked was answered.
    in_step: bool,
    windows: Option<bool>,
}

impl Agent {
    /// Opens it; whether anybody listens is known when something is asked.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(crate) fn connect(path: &Path) -> Result<Self, Refusal> {
        let name = path.display().to_string();
        let talk = Talk::unix(path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Refusal::Denied(plain(&error)),
            io::ErrorKind::WouldBlock => Refusal::Silent,
            _ => Refusal::NoSocket(plain(&error)),
        })?;
        Ok(Self { talk, name, in_step: false, windows: None })
    }

    /// Opens it and lets the agent say that it listens.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) fn open(path: &Path) -> Result<Self, Refusal> {
        let mut agent = Self::connect(path)?;
        agent.sync(clock::monotonic() + PATIENCE)?;
        Ok(agent)
    }

    /// The path of its socket.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whatever an earlier client left, and whatever comes late, the answer to this comes behind a delimiter and a number that nobody
    /// can know.
    fn sync(&mut self, deadline: Nanos) -> Result<(), Refusal> {
        self.talk.drain().map_err(|error| of(&error))?;
        let id = u32::try_from(clock::monotonic().0 & 0x7fff_ffff).unwrap_or_default();
        self.talk.write(&monitor::sync(id)).map_err(|error| of(&error))?;
        let mut rubbish = 0;
        while self.talk.byte(deadline).map_err(|error| of(&error))? != DELIMITER {
            rubbish += 1;
            if rubbish > RUBBISH {
                return Err(Refusal::Garbage("it does not stop sending".to_owned()));
            }
        }
        loop {
            let line = self.talk.line(deadline).map_err(|error| of(&error))?;
            if monitor::line(&line) == Line::Return(id.into()) {
                self.in_step = true;
                return Ok(());
            }
        }
    }

    fn exchange(&mut self, question: &str, deadline: Nanos) -> Result<(Bracket, Value), Refusal> {
        let bracket = Bracket::begin();
        self.talk.write(question.as_bytes()).map_err(|error| of(&error))?;
        let line = self.talk.line(deadline).map_err(|error| of(&error))?;
        let bracket = bracket.end();
        Ok((bracket, answer(&line)?))
    }
}

impl Ask for Agent {
    fn ask(
        &mut self,
        command: &str,
        arguments: &Value,
        patience: Nanos,
    ) -> Result<(Bracket, Value), Refusal> {
        let deadline = clock::monotonic() + patience;
        // What comes unasked would be taken for the answer.
        let unasked = self.talk.wait(Nanos(0)).map_err(|error| of(&error))?;
        if !self.in_step || unasked {
            self.in_step = false;
            self.sync(deadline)?;
        }
        let answer = self.exchange(&monitor::command(command, arguments), deadline);
        self.in_step =
            !matches!(answer, Err(Refusal::Silent | Refusal::Gone | Refusal::Garbage(_)));
        answer
    }

    fn windows(&mut self) -> &mut Option<bool> {
        &mut self.windows
    }
}

impl super::Guest for Agent {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn time(&mut self, patience: Nanos) -> Result<Reading, Refusal> {
        time(self, patience)
    }
}

/// What a failure of the socket means.
fn of(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Refusal::Silent,
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionReset => Refusal::Gone,
        io::ErrorKind::InvalidData => Refusal::Garbage(error.to_string()),
        _ => Refusal::Words(plain(error)),
    }
}
