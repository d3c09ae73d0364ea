//! Daemons that discipline the clock.

use kvmtime_wire::directives::Directives;
use serde::{Deserialize, Serialize};

use super::Machine;
use crate::fact::Unknown;

/// A daemon that disciplines the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeDaemon {
    /// `chronyd`, `ntpd`, `systemd-timesyncd`, `phc2sys`, `vmtoolsd`, `VBoxService` …
    pub name: String,
    /// Process id; 0 of a daemon that is only enabled, on a machine that does not run.
    pub pid: u32,
    /// Its arguments, separated by blanks; then, its unit.
    pub command: String,
}

impl TimeDaemon {
    /// Whether it moves the system clock.
    pub fn moves_the_clock(&self) -> bool {
        match self.name.as_str() {
            "chronyd" => !self.has_flag('x'),
            // It only starts the others.
            "timemaster" => false,
            // Its servos for ntpd's and chronyd's reference clocks report instead of correcting.
            "phc2sys"
                if self.command.contains("ntpshm") || self.command.contains("refclock_sock") =>
            {
                false
            }
            // phc2sys(8): -a follows ptp4l and leaves the system clock alone unless -r is given.
            "phc2sys" if self.has_flag('a') => self.has_flag('r'),
            // Else it moves the clock that -c names; CLOCK_REALTIME is the default.
            "phc2sys" => {
                !self.command.contains(" -c ") || self.command.contains(" -c CLOCK_REALTIME")
            }
            _ => true,
        }
    }

    /// Whether a one-letter option stands on the command line, alone or with others.
    fn has_flag(&self, flag: char) -> bool {
        let options = self.command.split(' ').filter_map(|word| word.strip_prefix('-'));
        options.filter(|option| !option.starts_with('-')).any(|option| option.contains(flag))
    }
}

impl Machine {
    /// Whether a daemon runs.
    ///
    /// # Errors
    /// When it is not known which daemons run.
    pub fn runs(&self, daemon: &str) -> Result<bool, Unknown> {
        Ok(self.daemons.get()?.iter().any(|d| d.name == daemon))
    }

    /// Whether a daemon may run: false where it is known not to.
    pub fn may_run(&self, daemon: &str) -> bool {
        self.runs(daemon) != Ok(false)
    }

    /// What chronyd is told, unless it is known not to run.
    ///
    /// # Errors
    /// Why its configuration is not known.
    pub fn chronyd_conf(&self) -> Result<Option<&Directives>, Unknown> {
        if self.may_run("chronyd") { self.chrony.conf.optional() } else { Ok(None) }
    }
}
