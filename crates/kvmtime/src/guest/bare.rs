//! A guest of a QEMU that no libvirt runs: its agent's socket, and its monitor's where that is known.

use std::io;

use kvmtime_core::reading::Reading;
use kvmtime_core::sync::Refusal;
use kvmtime_core::units::Nanos;
use serde_json::Value;

use super::{Agent, Guest, Monitor, Settable, State, agent};
use crate::world::plain;

/// Both.
pub(crate) struct Bare {
    agent: Agent,
    monitor: Option<Monitor>,
}

impl Bare {
    pub(crate) fn new(agent: Agent, monitor: Option<Monitor>) -> Self {
        Self { agent, monitor }
    }

    fn tell(&mut self, command: &str) -> Result<(), Refusal> {
        let unknown = || Refusal::Words("its monitor is not known: name it with --qmp".to_owned());
        let monitor = self.monitor.as_mut().ok_or_else(unknown)?;
        monitor.ask(command, &Value::Null).map(|_| ()).map_err(|error| words(&error))
    }

    /// Machines other than x86 have no such command, and no such ticks.
    fn drop_backlog(&mut self) -> Result<(), Refusal> {
        match self.monitor {
            None => Ok(()),
            Some(_) => match self.tell("rtc-reset-reinjection") {
                Err(Refusal::Words(words)) if words.contains("not been found") => Ok(()),
                done => done,
            },
        }
    }
}

fn words(error: &io::Error) -> Refusal {
    Refusal::Words(format!("QEMU's monitor: {}", plain(error)))
}

impl Guest for Bare {
    fn name(&self) -> String {
        self.agent.name().to_owned()
    }

    fn time(&mut self, patience: Nanos) -> Result<Reading, Refusal> {
        agent::time(&mut self.agent, patience)
    }
}

impl Settable for Bare {
    fn set(&mut self, lead: Nanos, patience: Nanos) -> Result<(), Refusal> {
        let set = agent::set(&mut self.agent, lead, patience);
        agent::settled(set, || self.drop_backlog())
    }

    fn run(&mut self, program: &[&str], patience: Nanos) -> Result<i64, Refusal> {
        agent::run(&mut self.agent, program, patience)
    }

    fn is_windows(&mut self, patience: Nanos) -> Result<bool, Refusal> {
        agent::is_windows(&mut self.agent, patience)
    }

    fn state(&mut self) -> Result<Option<State>, Refusal> {
        let state = self.monitor.as_mut().map(Monitor::state).transpose();
        state.map_err(|error| words(&error))
    }

    fn pause(&mut self) -> Result<(), Refusal> {
        self.tell("stop")
    }

    fn go_on(&mut self) -> Result<(), Refusal> {
        self.drop_backlog()?;
        self.tell("cont")
    }
}
