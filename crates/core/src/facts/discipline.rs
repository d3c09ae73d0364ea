//! Who keeps a machine's clock right, and what they say of it.

use kvmtime_wire::adjtime::RtcScale;
use kvmtime_wire::ntp::peers::Peer;

use super::{Chrony, Hypervisor, Machine, TimeDaemon, Timex};
use crate::fact::{Fact, Unknown};

/// What a time daemon says of the clock that it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The daemon.
    pub who: &'static str,
    /// Whether it follows anybody.
    pub synchronised: bool,
    /// The same in words that go behind its name.
    pub says: &'static str,
    /// Where it said so.
    pub from: String,
}

impl Chrony {
    /// Whether it follows a source now.
    ///
    /// # Errors
    /// When its sources are not known.
    pub fn follows(&self) -> Result<bool, Unknown> {
        Ok(self.sources.get()?.iter().any(|source| source.state == '*'))
    }
}

impl Machine {
    /// The daemons that move the system clock, each name once: chronyd and ntpd may run as several processes.
    /// VirtualBox's tools set the time under VirtualBox only; VMware's do when told to, which nothing here tells.
    ///
    /// # Errors
    /// When it is not known which daemons run.
    pub fn clock_movers(&self) -> Result<Vec<&TimeDaemon>, Unknown> {
        let virtualbox = Hypervisor::Other("VBoxVBoxVBox".to_owned());
        let virtualbox = self.hypervisor.value() == Some(&virtualbox);
        let works = |daemon: &&TimeDaemon| match daemon.name.as_str() {
            "vmtoolsd" => false,
            "VBoxService" => virtualbox,
            _ => daemon.moves_the_clock(),
        };
        let mut movers: Vec<&TimeDaemon> = Vec::new();
        for daemon in self.daemons.get()?.iter().filter(works) {
            if !movers.iter().any(|seen| seen.name == daemon.name) {
                movers.push(daemon);
            }
        }
        Ok(movers)
    }

    /// What the daemons that were asked say. systemd-timesyncd counts packets but does not say how old they are, so
    /// only its zero is an opinion, unless it has to leave the kernel's flag alone; phc2sys reports by that flag.
    pub fn opinions(&self) -> Vec<Opinion> {
        let watcher = self.daemons.value().is_some_and(|daemons| {
            daemons.iter().any(|daemon| daemon.name == "chronyd" && !daemon.moves_the_clock())
        });
        let chrony = opinion(&self.chrony.tracking, "chronyd", |tracking| {
            Some(if tracking.synchronised() {
                (true, "follows a source")
            } else if tracking.follows_itself() {
                (false, "follows its own clock")
            } else {
                (false, "follows no source")
            })
        });
        let ntp = opinion(&self.ntp.peers, "ntpd", |peers| {
            let follows = peers.iter().any(followed);
            Some((follows, if follows { "follows a peer" } else { "follows no peer" }))
        });
        // With an RTC in local time it keeps STA_UNSYNC set, so that the kernel does not write the RTC
        // (systemd src/timesync/timesyncd-manager.c:manager_adjust_clock).
        let flagless = self.rtc.scale.value() == Some(&RtcScale::Local);
        let timesyncd =
            opinion(&self.timesyncd, "systemd-timesyncd", |status| match status.packets {
                0 => Some((false, "has had no answer from any server")),
                _ => flagless.then_some((true, "has had answers")),
            });
        let openntpd = opinion(&self.openntpd, "OpenNTPD", |status| match status.stratum {
            Some(_) => Some((true, "is synced")),
            None => Some((false, "is unsynced")),
        });
        [chrony.filter(|_| !watcher), ntp, timesyncd, openntpd].into_iter().flatten().collect()
    }

    /// Why nobody keeps this machine's clock right, in words; nothing if somebody does.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn unsynchronised(&self) -> Result<Option<String>, Unknown> {
        let opinions = self.opinions();
        let flag = self.timex.value().is_some_and(Timex::synchronised);
        if opinions.iter().any(|opinion| opinion.synchronised) {
            return Ok(None);
        }
        if let Some(Opinion { who, says, .. }) = opinions.first() {
            let though =
                if flag { ", though the kernel still flags the clock as synchronised" } else { "" };
            return Ok(Some(format!(
                "the host's clock is not synchronised: `{who}` {says}{though}"
            )));
        }
        let movers = self.clock_movers()?;
        self.heard(&movers)?;
        if self.timex.get()?.synchronised() {
            return Ok(None);
        }
        let message = "the kernel flags the host's clock as not synchronised";
        Ok(Some(match movers.first() {
            Some(daemon) => format!("{message}, though `{}` runs", daemon.name),
            None => format!("{message}, and no time daemon runs"),
        }))
    }

    /// Whether these daemons were heard; one that cannot be asked speaks through the kernel's flag.
    ///
    /// # Errors
    /// Why one of them was not.
    pub fn heard(&self, daemons: &[&TimeDaemon]) -> Result<(), Unknown> {
        for daemon in daemons {
            match daemon.name.as_str() {
                "chronyd" => self.chrony.tracking.get().map(drop),
                "ntpd" => self.ntp.peers.get().map(drop),
                "systemd-timesyncd" => self.timesyncd.get().map(drop),
                "openntpd" => self.openntpd.get().map(drop),
                _ => self.timex.get().map(drop),
            }?;
        }
        Ok(())
    }
}

fn opinion<T>(
    fact: &Fact<T>,
    who: &'static str,
    view: impl FnOnce(&T) -> Option<(bool, &'static str)>,
) -> Option<Opinion> {
    let (synchronised, says) = view(fact.value()?)?;
    Some(Opinion { who, synchronised, says, from: fact.from().to_owned() })
}

fn followed(peer: &Peer) -> bool {
    // 127.127.1.x is ntpd's own local clock (ntp.org drivers/driver1.html).
    matches!(peer.tally, '*' | 'o') && !peer.remote.starts_with("127.127.1.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon(name: &str, command: &str) -> TimeDaemon {
        TimeDaemon { name: name.to_owned(), pid: 1, command: command.to_owned() }
    }

    #[test]
    fn only_who_moves_the_clock_counts_and_only_once() {
        let machine = Machine {
            daemons: Fact::known(
                vec![
                    daemon("chronyd", "/usr/sbin/chronyd -F 1"),
                    daemon("chronyd", "/usr/sbin/chronyd -F 1"),
                    daemon("phc2sys", "phc2sys -a"),
                    daemon("phc2sys", "phc2sys -s CLOCK_REALTIME -c eth0 -w"),
                ],
                "/proc",
            ),
            ..Machine::default()
        };
        let movers = machine.clock_movers().unwrap();
        assert_eq!(movers.len(), 1, "{movers:?}");
        assert!(daemon("phc2sys", "phc2sys -arr").moves_the_clock());
        assert!(daemon("phc2sys", "phc2sys -s eth0 -w").moves_the_clock());
        assert!(!daemon("phc2sys", "phc2sys -a -r -E ntpshm -M 0").moves_the_clock());
        assert!(!daemon("chronyd", "chronyd -dx -f /etc/chrony.conf").moves_the_clock());
    }
}
