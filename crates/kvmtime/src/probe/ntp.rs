//! ntpd, ntpsec, OpenNTPD and systemd-timesyncd: what they report, and ntp.conf.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Ntp;
use kvmtime_wire::ntp::peers;
use kvmtime_wire::openntpd::{self, OpenntpdStatus};
use kvmtime_wire::timesync::{self, TimesyncStatus};

use super::processes::not_running;
use crate::world::World;

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
