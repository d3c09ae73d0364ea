//! What a machine's time daemons follow, by their configuration and by what they say.

use kvmtime_wire::directives::{Directive, Directives};

use super::{Machine, servers};
use crate::fact::{Fact, Unknown};
use crate::finding::Finding;

/// A server or reference clock that a daemon may follow.
#[derive(Debug, Clone)]
pub struct TimeSource<'a> {
    /// The daemon.
    pub daemon: &'static str,
    /// A name, an address, or the path of a PTP hardware clock.
    pub name: &'a str,
    said: Said<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Said<'a> {
    /// The line of a configuration.
    Line(&'a Directive),
    /// The report of the daemon.
    Report(&'a str),
}

impl TimeSource<'_> {
    /// Who runs it, where that is known.
    pub fn operator(&self) -> Option<&'static servers::Operator> {
        servers::operator(self.name)
    }

    /// Whether a configuration names it; a report shows addresses, which change from day to day.
    pub fn is_configured(&self) -> bool {
        matches!(self.said, Said::Line(_))
    }

    /// Whether it is a clock of this machine's own.
    pub fn is_refclock(&self) -> bool {
        self.name.starts_with('/')
    }

    /// Takes the source as evidence, and its place where a line names it.
    #[must_use]
    pub fn blame(&self, finding: Finding) -> Finding {
        match self.said {
            Said::Line(line) => finding.blame(line),
            Said::Report(from) => finding.saw("source", self.name, from),
        }
    }
}

impl Machine {
    /// What the daemons that move the clock may follow, less what they only watch (`noselect`).
    ///
    /// # Errors
    /// Why it is not known which daemons run, or what one of them follows.
    pub fn time_sources(&self) -> Result<Vec<TimeSource<'_>>, Unknown> {
        let mut all = Vec::new();
        for daemon in self.clock_movers()? {
            match daemon.name.as_str() {
                "chronyd" => all.extend(self.chrony_sources()?),
                "ntpd" => all.extend(self.ntp_sources()?),
                "openntpd" => {
                    let conf = self.openntpd_conf.optional()?;
                    all.extend(named("OpenNTPD", conf, &["server", "servers"]));
                }
                "systemd-timesyncd" => all.extend(self.timesyncd_sources()?),
                _ => {}
            }
        }
        Ok(all)
    }

    fn chrony_sources(&self) -> Result<Vec<TimeSource<'_>>, Unknown> {
        // `?`: not selectable, as what is only watched; `#`: its name is a reference id.
        let reported = reported("chronyd", &self.chrony.sources, |all| {
            let followed = all.iter().filter(|source| source.mode != '#' && source.state != '?');
            followed.map(|source| source.name.as_str()).collect()
        });
        let mut all = named("chronyd", known(&self.chrony.conf, &reported)?, &SERVERS);
        let clocks = self.phc_refclocks().unwrap_or_default().into_iter();
        let clocks = clocks.filter(|(line, _)| !line.has("noselect"));
        all.extend(clocks.map(|(line, name)| TimeSource {
            daemon: "chronyd",
            name,
            said: Said::Line(line),
        }));
        all.extend(reported);
        Ok(all)
    }

    fn ntp_sources(&self) -> Result<Vec<TimeSource<'_>>, Unknown> {
        // ` `: discarded, as what is only watched; `.POOL.` is no server itself.
        let reported = reported("ntpd", &self.ntp.peers, |all| {
            let followed = all.iter().filter(|peer| peer.tally != ' ' && peer.refid != ".POOL.");
            followed.map(|peer| peer.remote.as_str()).collect()
        });
        let mut all = named("ntpd", known(&self.ntp.conf, &reported)?, &SERVERS);
        all.extend(reported);
        Ok(all)
    }

    /// It follows one server at a time, and goes on to the next; fallbacks only where nothing else is named
    /// (timesyncd.conf(5)).
    fn timesyncd_sources(&self) -> Result<Vec<TimeSource<'_>>, Unknown> {
        let reported = reported(TIMESYNCD, &self.timesyncd, |status| {
            status.server.as_deref().into_iter().collect()
        });
        let conf = self.timesyncd_conf.optional();
        let conf = if reported.is_empty() { conf? } else { conf.unwrap_or_default() };
        let mut all = listed(conf, "NTP");
        if all.is_empty() {
            all = listed(conf, "FallbackNTP");
        }
        all.extend(reported);
        Ok(all)
    }
}

const TIMESYNCD: &str = "systemd-timesyncd";

/// A configuration; where it is not known, what the daemon reports has to do.
fn known<'a>(
    conf: &'a Fact<Directives>,
    reported: &[TimeSource<'_>],
) -> Result<Option<&'a Directives>, Unknown> {
    match conf.get() {
        Err(_) if !reported.is_empty() => Ok(None),
        conf => conf.map(Some),
    }
}

/// What tells chronyd and ntpd of their servers.
const SERVERS: [&str; 3] = ["server", "pool", "peer"];

/// Names behind these directives. ntpd takes `-4` and `-6` before a name; 127.127.x.y are its reference clocks.
fn named<'a>(
    daemon: &'static str,
    conf: Option<&'a Directives>,
    directives: &[&str],
) -> Vec<TimeSource<'a>> {
    let lines = conf.into_iter().flat_map(|conf| &conf.0);
    let lines = lines.filter(|line| directives.contains(&line.name.as_str()));
    let lines = lines.filter(|line| !line.has("noselect"));
    let named = lines.filter_map(|line| {
        let name = line.args.iter().find(|word| !word.starts_with('-'))?;
        Some(TimeSource { daemon, name, said: Said::Line(line) })
    });
    named.filter(|source| !source.name.starts_with("127.127.")).collect()
}

/// Names in a list of timesyncd.conf(5); an empty one clears what came before.
fn listed<'a>(conf: Option<&'a Directives>, list: &str) -> Vec<TimeSource<'a>> {
    let mut all = Vec::new();
    for line in conf.into_iter().flat_map(|conf| &conf.0).filter(|line| line.name == list) {
        if line.args.is_empty() {
            all.clear();
        }
        let said = Said::Line(line);
        all.extend(line.args.iter().map(|name| TimeSource { daemon: TIMESYNCD, name, said }));
    }
    all
}

fn reported<'a, T>(
    daemon: &'static str,
    fact: &'a Fact<T>,
    names: impl FnOnce(&'a T) -> Vec<&'a str>,
) -> Vec<TimeSource<'a>> {
    let names = fact.value().map(names).unwrap_or_default();
    let said = Said::Report(fact.from());
    names.into_iter().map(|name| TimeSource { daemon, name, said }).collect()
}
