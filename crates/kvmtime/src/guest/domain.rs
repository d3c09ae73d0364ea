//! A libvirt domain.

use kvmtime_core::reading::Reading;
use kvmtime_core::sync::Refusal;
use kvmtime_core::units::Nanos;
use kvmtime_sys::libvirt::{self, Connection, code};
use kvmtime_wire::{domain, monitor};
use serde_json::Value;

use super::agent::{self, Ask};
use super::{Guest, Settable, State};
use crate::world::Bracket;

/// A domain, and its agent through libvirtd, whose own connection to it stays open.
///
/// `virDomainGetTime` and `virDomainSetTime` would not mark the domain as tainted, but they wait for the agent for ever.
pub(crate) struct Domain {
    domain: libvirt::Domain,
    name: String,
    /// Whether its RTC makes up for lost ticks, where that was looked at.
    catches_up: Option<bool>,
    windows: Option<bool>,
}

impl Domain {
    /// The domain of that name.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn open(connection: &Connection, name: &str) -> Result<Self, Refusal> {
        let domain = connection.domain(name).map_err(refused)?;
        Ok(Self::of(domain))
    }

    /// The domain of that UUID, whatever it is called now.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn of_uuid(connection: &Connection, uuid: &str) -> Result<Self, Refusal> {
        connection.domain_of_uuid(uuid).map_err(refused).map(Self::of)
    }

    fn of(domain: libvirt::Domain) -> Self {
        let name = domain.name();
        Self { domain, name, catches_up: None, windows: None }
    }

    /// Drops the ticks that its RTC owes it, where it makes up for lost ones. libvirt passes it on for nobody else.
    fn drop_backlog(&mut self) -> Result<(), Refusal> {
        let catches_up = match self.catches_up {
            Some(known) => known,
            None => rtc_catches_up(&self.domain.xml().map_err(refused)?),
        };
        self.catches_up = Some(catches_up);
        if catches_up {
            let command = monitor::command("rtc-reset-reinjection", &Value::Null);
            self.domain.monitor(command.trim_end()).map_err(refused)?;
        }
        Ok(())
    }
}

/// libvirt's `driftfix=slew`: `<timer name='rtc' tickpolicy='catchup'/>` (`qemuBuildClockArgStr`).
fn rtc_catches_up(xml: &str) -> bool {
    let parsed = domain::parse(xml).ok().and_then(|domains| domains.into_iter().next());
    let rtc = parsed.as_ref().and_then(|domain| domain.timer("rtc"));
    rtc.is_some_and(|timer| domain::is(timer.tickpolicy.as_ref(), "catchup"))
}

/// What libvirt's words mean.
pub(crate) fn refused(error: libvirt::Error) -> Refusal {
    let words = &error.message;
    match error.code {
        code::NO_DOMAIN => Refusal::Unknown,
        code::OPERATION_INVALID if words.contains("not running") => Refusal::Off,
        code::ARGUMENT_UNSUPPORTED if words.contains("agent") => Refusal::NoChannel,
        code::NO_SUPPORT if words.contains("AgentCommand") => Refusal::NoAgents,
        // `qemuDomainAgentAvailable`, libvirt src/qemu/qemu_domain.c
        code::AGENT_UNRESPONSIVE if words.contains("not connected") => Refusal::NotConnected,
        code::AGENT_UNRESPONSIVE | code::AGENT_UNSYNCED => Refusal::Silent,
        _ if error.is_denied() => Refusal::Denied(error.message),
        _ if error.is_disconnected() => Refusal::Gone,
        _ => agent::refused(words),
    }
}

/// Why there is no connection.
pub(crate) fn unopened(error: libvirt::Error) -> Refusal {
    match refused(error.clone()) {
        denied @ Refusal::Denied(_) => denied,
        _ => Refusal::NoLibvirt(error.message),
    }
}

/// Whether libvirt could make nothing of what an agent sent; what an agent refuses it passes on in these words
/// (`qemuAgentCheckError`, libvirt src/qemu/qemu_agent.c).
fn nonsense(error: &libvirt::Error) -> bool {
    let said = error.message.contains("unable to execute QEMU agent command");
    error.code == code::INTERNAL_ERROR && !said && !error.is_disconnected()
}

impl Ask for Domain {
    fn ask(
        &mut self,
        command: &str,
        arguments: &Value,
        patience: Nanos,
    ) -> Result<(Bracket, Value), Refusal> {
        // libvirt counts whole seconds, and takes 0 for not waiting at all.
        let seconds = i32::try_from(patience.0 / Nanos::SECOND.0).unwrap_or(i32::MAX).max(1);
        let question = monitor::command(command, arguments);
        let bracket = Bracket::begin();
        let answer = self.domain.agent(question.trim_end(), seconds);
        let bracket = bracket.end();
        let answer = answer.map_err(|error| match nonsense(&error) {
            true => Refusal::Garbage(agent::shortened(&error.message)),
            false => refused(error),
        })?;
        Ok((bracket, agent::answer(answer.as_bytes())?))
    }

    fn windows(&mut self) -> &mut Option<bool> {
        &mut self.windows
    }
}

impl Guest for Domain {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn time(&mut self, patience: Nanos) -> Result<Reading, Refusal> {
        agent::time(self, patience)
    }
}

impl Settable for Domain {
    fn set(&mut self, lead: Nanos, patience: Nanos) -> Result<(), Refusal> {
        let set = agent::set(self, lead, patience);
        agent::settled(set, || self.drop_backlog())
    }

    fn run(&mut self, program: &[&str], patience: Nanos) -> Result<i64, Refusal> {
        agent::run(self, program, patience)
    }

    fn is_windows(&mut self, patience: Nanos) -> Result<bool, Refusal> {
        agent::is_windows(self, patience)
    }

    fn state(&mut self) -> Result<Option<State>, Refusal> {
        let (state, _) = self.domain.state().map_err(refused)?;
        Ok(match state {
            libvirt::State::RUNNING | libvirt::State::BLOCKED => Some(State::Running),
            libvirt::State::PAUSED | libvirt::State::PMSUSPENDED => Some(State::Paused),
            libvirt::State::SHUTDOWN | libvirt::State::SHUTOFF | libvirt::State::CRASHED => {
                Some(State::Off)
            }
            libvirt::State::NOSTATE | libvirt::State::OTHER => None,
        })
    }

    fn pause(&mut self) -> Result<(), Refusal> {
        self.domain.suspend().map_err(refused)
    }

    fn go_on(&mut self) -> Result<(), Refusal> {
        self.drop_backlog()?;
        self.domain.resume().map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rtc_of_the_recipe_catches_up() {
        let xml = |timer: &str| {
            format!("<domain><name>a</name><clock offset='utc'>{timer}</clock></domain>")
        };
        assert!(rtc_catches_up(&xml("<timer name='rtc' tickpolicy='catchup'/>")));
        assert!(!rtc_catches_up(&xml("<timer name='rtc' tickpolicy='delay'/>")));
        assert!(!rtc_catches_up(&xml("<timer name='pit' tickpolicy='catchup'/>")));
        assert!(!rtc_catches_up("rubbish"));
    }
}
