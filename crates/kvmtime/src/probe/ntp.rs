//! ntpd, ntpsec, OpenNTPD and systemd-timesyncd: what they report, and ntp.conf.

use std::collections::BTreeMap;

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Ntp;
use kvmtime_wire::directives::Directives;
use kvmtime_wire::ntp::{conf, peers, variables};
use kvmtime_wire::openntpd::{self, OpenntpdStatus};
use kvmtime_wire::timesync::{self, TimesyncStatus};

use super::directives::{self, Syntax};
use super::processes::not_running;
use crate::world::World;

/// Where distributions keep it.
const CONF: [&str; 2] = ["/etc/ntp.conf", "/etc/ntpsec/ntp.conf"];
const SYNTAX: Syntax = Syntax { parse: conf::parse, include: conf::include };

pub(super) fn probe(world: &World, runs: bool) -> Ntp {
    let ask = |words: &[&str]| if runs { world.run(words) } else { not_running("ntpd") };
    Ntp {
        peers: ask(&["ntpq", "-pn"]).parse(|text| peers::parse(&text)),
        variables: ask(&["ntpq", "-c", "rv"]).parse(|text| variables::parse(&text)),
        conf: directives::probe(world, &CONF, &SYNTAX),
    }
}

pub(super) fn timesyncd(world: &World, runs: bool) -> Fact<TimesyncStatus> {
    if !runs {
        return not_running("systemd-timesyncd");
    }
    world.run(&["timedatectl", "timesync-status"]).parse(|text| timesync::parse(&text))
}

pub(super) fn openntpd(world: &World, runs: bool) -> Fact<OpenntpdStatus> {
    if !runs {
        return not_running("openntpd");
    }
    world.run(&["ntpctl", "-s", "status"]).parse(|text| openntpd::parse(&text))
}

/// Where Debian and the BSDs keep it; its syntax has no more to it than ntp.conf's.
const OPENNTPD: [&str; 2] = ["/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"];

pub(super) fn openntpd_conf(world: &World) -> Fact<Directives> {
    directives::probe(world, &OPENNTPD, &Syntax { parse: conf::parse, include: |_| None })
}

/// Later folders give way to earlier ones, file by file; all drop-ins come behind the main file (timesyncd.conf(5)).
const TIMESYNCD: &str = "systemd/timesyncd.conf";
const FOLDERS: [&str; 3] = ["/etc", "/run", "/usr/lib"];

pub(super) fn timesyncd_conf(world: &World) -> Fact<Directives> {
    let mut drop_ins = BTreeMap::new();
    for folder in FOLDERS.map(|folder| format!("{folder}/{TIMESYNCD}.d")).into_iter().rev() {
        let names = world.names(&folder);
        let names = names.value().into_iter().flatten().filter(|name| name.ends_with(".conf"));
        drop_ins.extend(names.map(|name| (name.clone(), format!("{folder}/{name}"))));
    }
    let main = FOLDERS.map(|folder| format!("{folder}/{TIMESYNCD}")).map(|path| world.text(&path));
    let main = main.into_iter().reduce(|first, next| first.or_else(|| next)).unwrap_or_default();
    let path = main.from().to_owned();
    let mut all = main.map(|text| Directives(timesync::conf(&text, &path)));
    for path in drop_ins.values() {
        let text = world.text(path);
        let more = timesync::conf(text.value().map_or("", String::as_str), path);
        match &mut all {
            Fact::Known { value, .. } => value.0.extend(more),
            Fact::Unknown(_) => all = Fact::known(Directives(more), path),
        }
    }
    all
}
