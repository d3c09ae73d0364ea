//! What a host's stop costs its guests, seen from both sides.

use kvmtime_wire::klog::{Event, LogLine};

use super::Machine;
use crate::fact::Unknown;
use crate::finding::Evidence;

impl Machine {
    /// What shows that this host stops its guests or sends them elsewhere: as [`Self::pauses_guests`], and the logs that
    /// libvirt keeps of its domains.
    ///
    /// # Errors
    /// Why nobody knows what these logs say.
    pub(super) fn stops_guests(&self) -> Result<Option<Evidence>, Unknown> {
        if let Some(pause) = self.pauses_guests() {
            return Ok(Some(pause));
        }
        let log = &self.logs.qemu;
        let stop = |line: &&LogLine| matches!(line.event, Event::GuestSaved | Event::GuestMigrated);
        let line = log.optional()?.and_then(|lines| lines.iter().find(stop));
        Ok(line.map(|line| Evidence {
            what: "libvirt's log of a guest".into(),
            value: line.text.clone(),
            from: log.from().to_owned(),
        }))
    }

    /// Why nothing brings back what a stop takes from this guest's clock. With an agent that may set the clock somebody
    /// may do it, and nothing is certain.
    ///
    /// # Errors
    /// When the agent or the daemons are not known.
    pub(super) fn stays_behind(&self) -> Result<Option<&'static str>, Unknown> {
        if self.container.value() == Some(&true) {
            return Ok(None);
        }
        let sets = |agent: &super::Agent| {
            let blocked = agent.blocked.iter().any(|command| command == "guest-set-time");
            agent.running && agent.channel && !blocked
        };
        let movers = self.clock_movers()?;
        let names: Vec<&str> = movers.iter().map(|daemon| daemon.name.as_str()).collect();
        let why = match names.as_slice() {
            [] => "no daemon keeps the clock",
            // ntpd.8: it steps at its start alone
            ["openntpd"] => "OpenNTPD does not step a clock that it keeps",
            ["chronyd"] if self.steps_always()? => return Ok(None),
            ["chronyd"] => "chronyd does not step a clock that it keeps",
            // ntpd steps above 128 ms, systemd-timesyncd above 400 ms.
            _ => return Ok(None),
        };
        Ok((!sets(self.agent.get()?)).then_some(why))
    }

    /// Whether chronyd steps the clock whenever it is off, or reads the host's clock.
    fn steps_always(&self) -> Result<bool, Unknown> {
        let makestep = self.chrony.conf.optional()?.and_then(|conf| conf.last("makestep"));
        let limit = makestep.and_then(|makestep| makestep.args.get(1)?.parse::<i64>().ok());
        Ok(limit.is_some_and(|limit| limit < 0) || !self.phc_refclocks()?.is_empty())
    }
}
