//! What a host's stop costs its guests, seen from both sides.

use super::Machine;
use crate::fact::Unknown;
use crate::finding::Evidence;

impl Machine {
    /// What shows that this host stops its guests or sends them elsewhere.
    ///
    /// # Errors
    /// Why nobody knows what libvirt's logs of its domains say.
    pub(super) fn stops_guests(&self) -> Result<Option<Evidence>, Unknown> {
        let first = self.happenings(|_| true).into_iter().next();
        if first.is_none() {
            self.logs.qemu.optional()?;
        }
        Ok(first.map(|(_, shown)| shown))
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
        Ok((!self.agent.get()?.sets_the_clock()).then_some(why))
    }

    /// Whether chronyd steps the clock whenever it is off.
    fn steps_always(&self) -> Result<bool, Unknown> {
        let makestep = self.chrony.conf.optional()?.and_then(|conf| conf.last("makestep"));
        let limit = makestep.and_then(|makestep| makestep.args.get(1)?.parse::<i64>().ok());
        Ok(limit.is_some_and(|limit| limit < 0))
    }
}
