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

/// What daemons follow, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct TimeSources<'a> {
    /// What is known.
    pub all: Vec<TimeSource<'a>>,
    /// Why a configuration is not. What the daemon reports counts then, but there may be more.
    lacking: Option<Unknown>,
}

impl<'a> TimeSources<'a> {
    /// What was found among them. To have found nothing tells nothing while a configuration is not known.
    ///
    /// # Errors
    /// What is not known.
    pub fn verdict(self, found: Vec<Finding>) -> Result<Vec<Finding>, Unknown> {
        match self.lacking {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// Why a configuration is not known.
    pub fn complete(self) -> Result<Vec<TimeSource<'a>>, Unknown> {
        self.lacking.map_or(Ok(self.all), Err)
    }

    fn of(&mut self, conf: &'a Fact<Directives>) -> Option<&'a Directives> {
        conf.get().map_err(|why| self.lacking.get_or_insert(why).clone()).ok()
    }
}

impl Machine {
    /// What the daemons that move the clock may follow, less what they only watch (`noselect`): what their configurations
    /// name, and what they report besides, from DHCP or without a name.
    ///
    /// # Errors
    /// Why it is not known which daemons run.
    pub fn time_sources(&self) -> Result<TimeSources<'_>, Unknown> {
        let mut sources = TimeSources::default();
        for daemon in self.clock_movers()? {
            match daemon.name.as_str() {
                "chronyd" => self.chrony_sources(&mut sources),
                "ntpd" => self.ntp_sources(&mut sources),
                "systemd-timesyncd" => self.timesyncd_sources(&mut sources),
                "openntpd" => {
                    let conf = sources.of(&self.openntpd_conf);
                    sources.all.extend(named("OpenNTPD", conf, &["server", "servers"]));
                }
                _ => {}
            }
        }
        Ok(sources)
    }

    fn chrony_sources<'a>(&'a self, sources: &mut TimeSources<'a>) {
        let conf = sources.of(&self.chrony.conf);
        sources.all.extend(named("chronyd", conf, &SERVERS));
        let clocks = self.phc_refclocks().unwrap_or_default().into_iter();
        let clocks = clocks.filter(|(line, _)| !line.has("noselect"));
        sources.all.extend(clocks.map(|(line, name)| TimeSource {
            daemon: "chronyd",
            name,
            said: Said::Line(line),
        }));
        // `?`: not selectable, as what is only watched; `#`: its name is a reference id.
        sources.all.extend(reported("chronyd", &self.chrony.sources, |all| {
            let followed = all.iter().filter(|source| source.mode != '#' && source.state != '?');
            followed.map(|source| source.name.as_str()).collect()
        }));
    }

    fn ntp_sources<'a>(&'a self, sources: &mut TimeSources<'a>) {
        let conf = sources.of(&self.ntp.conf);
        sources.all.extend(named("ntpd", conf, &SERVERS));
        // ` `: discarded, as what is only watched; `.POOL.` is no server itself.
        sources.all.extend(reported("ntpd", &self.ntp.peers, |all| {
            let followed = all.iter().filter(|peer| peer.tally != ' ' && peer.refid != ".POOL.");
            followed.map(|peer| peer.remote.as_str()).collect()
        }));
    }

    /// It follows one server at a time, and goes on to the next; fallbacks only where nothing else is named
    /// (timesyncd.conf(5)).
    fn timesyncd_sources<'a>(&'a self, sources: &mut TimeSources<'a>) {
        let conf = match self.timesyncd_conf.optional() {
            Ok(conf) => conf,
            Err(_) => sources.of(&self.timesyncd_conf),
        };
        let mut all = listed(conf, "NTP");
        if all.is_empty() {
            all = listed(conf, "FallbackNTP");
        }
        sources.all.extend(all);
        sources.all.extend(reported(TIMESYNCD, &self.timesyncd, |status| {
            status.server.as_deref().into_iter().collect()
        }));
    }
}

const TIMESYNCD: &str = "systemd-timesyncd";

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
