//! What is kept of the machines and domains of a run, to compare them at its end: a few words of each machine, and of
//! domains how many are alike. The order in which they come makes no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kvmtime_wire::capabilities::Tsc;

use super::{Clock, Domain, Facts, Kind, LIVE, LeapPolicy, Machine, Role, TimeSource, TimeSources};
use crate::check::{FLEET, Subject};
use crate::fact::{Fact, Unknown};
use crate::finding::{Evidence, Finding};

/// The machines and domains of a run.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    /// The machines, sorted by name once the fleet is judged.
    pub machines: Vec<Member>,
    /// How many domains there are.
    pub domains: usize,
    /// Domains by their guests and by what their clocks are set to.
    pub clocks: BTreeMap<(Kind, Clock), Group>,
    /// Domains whose guest's system is not known.
    pub nameless: Group,
    /// Domains whose RTC shows the host's local time.
    pub local_time: Group,
    /// Domains whose guests see an invariant TSC.
    pub invariant_tsc: Group,
}

/// What is kept of a machine.
#[derive(Debug, Clone)]
pub struct Member {
    /// The folder of the evidence, else the host name.
    pub name: String,
    /// Whether it runs guests.
    pub is_host: bool,
    /// Whether it is judged as a guest.
    pub is_guest: bool,
    /// The TSC of a host with one.
    pub tsc: Option<Fact<Tsc>>,
    /// Whether it is a guest that keeps time by the TSC.
    pub reads_tsc: bool,
    /// Its zone.
    pub zone: Fact<String>,
    /// Its zone's offset from UTC, seconds.
    pub zone_offset: Option<i64>,
    /// The names of its time sources, those of one operator as one.
    pub sources: Result<BTreeSet<String>, Unknown>,
    /// What its clock does at a leap second.
    pub leap: Result<Option<LeapPolicy>, Unknown>,
    /// What shows that it stops its guests, or sends them elsewhere, if it is a host.
    pub stops_guests: Result<Option<Evidence>, Unknown>,
    /// Why nothing brings back what a stop takes from its clock, if it is a guest of which that is certain.
    pub stays_behind: Result<Option<&'static str>, Unknown>,
}

/// Some who are alike: how many, and the first few by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub count: usize,
    names: BTreeSet<(String, String)>,
}

/// More names than these tell nobody more.
const SHOWN: usize = 5;

impl Group {
    /// Adds one, and where he was found.
    pub fn add(&mut self, name: &str, from: &str) {
        self.count += 1;
        self.show(name, from);
    }

    fn show(&mut self, name: &str, from: &str) {
        let last = self.names.last().map(|(name, from)| (name.as_str(), from.as_str()));
        if self.names.len() < SHOWN || last.is_some_and(|last| (name, from) < last) {
            self.names.insert((name.to_owned(), from.to_owned()));
            if self.names.len() > SHOWN {
                self.names.pop_last();
            }
        }
    }

    /// Where the first was found.
    pub fn from(&self) -> &str {
        self.names.first().map_or("", |(_, from)| from)
    }

    fn append(&mut self, other: Self) {
        self.count += other.count;
        for (name, from) in other.names {
            self.show(&name, &from);
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        f.write_str(&names.join(", "))?;
        match self.count.saturating_sub(names.len()) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Finding {
    /// Takes a group as an observation: what its members have in common, and who they are.
    #[must_use]
    pub fn saw_group(self, what: impl Into<String>, group: &Group) -> Self {
        self.saw(what.into(), group, group.from())
    }
}

/// What a rule compares, and the first machine of which it is not known.
pub struct Compared<'a, T> {
    /// Those of which it is known.
    pub known: Vec<(&'a Member, T)>,
    lacking: Option<Unknown>,
}

impl<T> Compared<'_, T> {
    /// What was found. To have found nothing tells nothing while a machine is not known.
    ///
    /// # Errors
    /// What is not known.
    pub fn verdict(self, found: Vec<Finding>) -> Result<Vec<Finding>, Unknown> {
        match self.lacking {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }
}

impl<T: Ord + Clone> Compared<'_, T> {
    /// Those that are alike.
    pub fn groups(&self, from: impl Fn(&Member) -> String) -> BTreeMap<T, Group> {
        let mut groups: BTreeMap<T, Group> = BTreeMap::new();
        for (member, value) in &self.known {
            groups.entry(value.clone()).or_default().add(&member.name, &from(member));
        }
        groups
    }
}

impl Fleet {
    /// Takes what facts say.
    pub fn add(&mut self, facts: &Facts) {
        self.machines.extend(facts.machines.iter().map(Member::of));
        for domain in &facts.domains {
            self.domain(domain);
        }
    }

    fn domain(&mut self, domain: &Domain) {
        self.domains += 1;
        let clock = Clock::of(&domain.xml);
        let (name, from) = (&domain.name, &domain.from);
        match domain.os.value() {
            None => self.nameless.add(name, from),
            Some(os) => {
                if let Some(kind) = Kind::of(os, &domain.xml) {
                    self.clocks.entry((kind, clock)).or_default().add(name, from);
                }
            }
        }
        if clock.shows_local_time() {
            self.local_time.add(name, from);
        }
        if domain.xml.is_kvm_x86() && domain.xml.exposes_invtsc() {
            self.invariant_tsc.add(name, from);
        }
    }

    /// Takes over what another part of the run gave.
    pub fn append(&mut self, other: Self) {
        self.machines.extend(other.machines);
        self.domains += other.domains;
        for (key, group) in other.clocks {
            self.clocks.entry(key).or_default().append(group);
        }
        self.nameless.append(other.nameless);
        self.local_time.append(other.local_time);
        self.invariant_tsc.append(other.invariant_tsc);
    }

    /// Whether there is anything to compare.
    pub fn can_be_compared(&self) -> bool {
        self.machines.len() > 1 || self.domains > 1
    }

    /// The subject of a report.
    pub fn subject(&self) -> Subject {
        let many = |number: usize, what: &str| {
            format!("{number} {what}{}", if number == 1 { "" } else { "s" })
        };
        let (machines, domains) = (self.machines.len(), self.domains);
        Subject {
            id: FLEET.to_owned(),
            kind: FLEET.to_owned(),
            name: FLEET.to_owned(),
            os: None,
            from: format!("{}, {}", many(machines, "machine"), many(domains, "domain")),
            whole: false,
            system: super::System::default(),
        }
    }

    /// What machines have to show of one thing; one that has nothing to do with it shows nothing. Fewer than two can not
    /// be compared.
    pub fn compare<'a, T>(
        &'a self,
        view: impl Fn(&'a Member) -> Result<Option<T>, Unknown>,
    ) -> Compared<'a, T> {
        let mut all = Compared { known: vec![], lacking: None };
        let mut concerned = 0;
        for member in &self.machines {
            match view(member) {
                Ok(None) => continue,
                Ok(Some(value)) => all.known.push((member, value)),
                Err(why) => {
                    all.lacking.get_or_insert(member.unknown(why));
                }
            }
            concerned += 1;
        }
        if concerned < 2 { Compared { known: vec![], lacking: None } } else { all }
    }
}

impl Member {
    /// What is not known, and of whom.
    pub fn unknown(&self, Unknown { unknown, from }: Unknown) -> Unknown {
        let place = if from.is_empty() { String::new() } else { format!(": {from}") };
        Unknown { unknown, from: format!("{}{place}", self.name) }
    }

    fn of(machine: &Machine) -> Self {
        // A machine that is not judged tells what its domains run on.
        let is_host = machine.roles.is_empty() || machine.roles.contains(&Role::Host);
        let is_guest = machine.roles.contains(&Role::Guest);
        let tsc = (is_host && machine.is_x86() != Ok(false)).then(|| machine.tsc());
        let named = machine.name.value().filter(|_| machine.source == LIVE);
        Self {
            name: named.unwrap_or(&machine.source).clone(),
            is_host,
            is_guest,
            tsc,
            reads_tsc: is_guest && machine.reads("tsc"),
            zone: machine.rtc.zone.clone(),
            zone_offset: machine.rtc.zone_offset_seconds.value().copied(),
            sources: machine.time_sources().and_then(TimeSources::complete).map(|sources| {
                let named = sources.iter().filter(|source| source.is_configured());
                let name = |source: &TimeSource<'_>| match source.operator() {
                    Some(operator) => operator.name.to_owned(),
                    None => source.name.to_ascii_lowercase(),
                };
                named.filter(|source| !source.is_refclock()).map(name).collect()
            }),
            leap: machine.leap_policy(),
            stops_guests: if is_host { machine.stops_guests() } else { Ok(None) },
            stays_behind: if is_guest { machine.stays_behind() } else { Ok(None) },
        }
    }
}
