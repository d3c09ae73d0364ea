//! A QEMU that no libvirt runs: its monitor is held open, and found again when it is a new one.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kvmtime_core::guard::{Backoff, Guest, Kind, Notice};
use kvmtime_core::sync::Refusal;
use kvmtime_core::units::Nanos;
use kvmtime_wire::monitor;
use kvmtime_wire::monitor_event::{self, Event};
use serde_json::Value;

use super::{LOST, Tell, now, trigger};
use crate::guest::Monitor;
use crate::world::{End, Talk, plain};

/// A monitor that is held, through which QEMU may be told something. What it answers is not heard.
#[derive(Clone, Default)]
pub(in crate::guard) struct Held(Arc<Mutex<Option<Talk>>>);

impl Held {
    /// Tells it; nobody while QEMU is not there.
    pub(in crate::guard) fn tell(&self, command: &str) {
        if let Some(talk) = &mut *self.lock() {
            // Who is gone is noticed by the one who listens.
            let _ = talk.write(monitor::command(command, &Value::Null).as_bytes());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Talk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches until the end.
pub(in crate::guard) fn watch(monitor: &Path, held: &Held, tell: impl Tell, end: &End) {
    let source = monitor.display().to_string();
    let mut backoff = Backoff::new(LOST[0], LOST[1], now().0.cast_unsigned());
    let mut failed = 0;
    loop {
        let mut guest = None;
        let done = once(monitor, &source, held, &mut guest, &tell, end);
        held.lock().take();
        match done {
            Ok(()) => return,
            Err(error) => {
                if guest.is_some() || failed == 0 {
                    tell(Notice::Lost { source: source.clone(), why: why(&error) });
                }
                failed = if guest.is_some() { 0 } else { failed + 1 };
                let gone = guest.map(|guest| Notice::Gone { guest, saved: false });
                gone.into_iter().for_each(&tell);
            }
        }
        if end.came_within(backoff.after(failed)) {
            return;
        }
    }
}

/// Root without its powers may not write the socket of another user's QEMU.
fn why(error: &io::Error) -> String {
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    let hint = denied.then(|| format!(" ({})", Refusal::Denied(String::new()).hint()));
    format!("{}{}", plain(error), hint.unwrap_or_default())
}

/// Watches until the end, or until QEMU is gone.
fn once(
    monitor: &Path,
    source: &str,
    held: &Held,
    found: &mut Option<Guest>,
    tell: &impl Tell,
    end: &End,
) -> io::Result<()> {
    let mut monitor = Monitor::open(monitor)?;
    let mut seen = Vec::new();
    let mut ask = |command| {
        monitor.hear(command, &Value::Null, |line| seen.extend(monitor_event::event(line)))
    };
    let name = ask("query-name")?;
    let name = monitor_event::name(&name).unwrap_or(source).to_owned();
    let guest = Guest { key: source.to_owned(), name };
    *found = Some(guest.clone());
    let state = ask("query-status")?;
    let mut talk = monitor.into_talk();
    *held.lock() = Some(talk.writer()?);
    tell(Notice::Listed { source: source.to_owned(), guests: vec![guest.clone()], at: now() });
    let mut life = Life { guest, arrives: false, agent: None };
    let stopped = life.state(monitor_event::run_state(&state).unwrap_or_default(), now());
    stopped.into_iter().for_each(tell);
    // What came in before the list is in it, all but that an agent is there.
    seen.iter().flat_map(|event| life.notices(event, now())).for_each(tell);
    while let Some(line) = talk.line_or(end)? {
        if let Some(event) = monitor_event::event(&line) {
            life.notices(&event, now()).into_iter().for_each(tell);
        }
    }
    Ok(())
}

/// What is known of the guest.
struct Life {
    guest: Guest,
    /// Whether it waits for, or goes on from, a state that comes from elsewhere.
    arrives: bool,
    agent: Option<bool>,
}

impl Life {
    /// What `query-status` says.
    fn state(&mut self, state: &str, at: Nanos) -> Option<Notice> {
        self.arrives = state == "inmigrate";
        (state != "running").then(|| Notice::Stopped(self.guest.clone(), at))
    }

    fn notices(&mut self, event: &Event, at: Nanos) -> Option<Notice> {
        let guest = self.guest.clone();
        match event {
            Event::Stop | Event::Suspend => Some(Notice::Stopped(guest, at)),
            Event::Resume => {
                let arrived = std::mem::take(&mut self.arrives);
                let kind = if arrived { Kind::Migrated } else { Kind::Resumed };
                Some(trigger(guest, kind, at, "RESUME"))
            }
            Event::Reset => Some(trigger(guest, Kind::Booted, at, "RESET")),
            Event::Wakeup => Some(trigger(guest, Kind::Woken, at, "WAKEUP")),
            Event::RtcChange(offset) => {
                Some(trigger(guest, Kind::RtcChanged, at, format!("RTC_CHANGE {offset}")))
            }
            // Any port's: which of them is the agent's is not told, and nothing is lost by asking an agent that did not come.
            Event::Port { open, .. } => {
                let new = self.agent.replace(*open) != Some(*open);
                new.then_some(Notice::Agent(guest, *open))
            }
            // Its own end is told by the end of the conversation; where it went, it is stopped here.
            Event::Shutdown | Event::Migration(_) => None,
        }
    }
}
