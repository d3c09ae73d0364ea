//! ntpd, ntpsec, OpenNTPD and systemd-timesyncd: what they report, and ntp.conf.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Ntp;
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
