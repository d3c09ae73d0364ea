//! chronyd: what it reports through chronyc, and how it is configured.

use kvmtime_core::facts::Chrony;
use kvmtime_wire::chrony::{conf, sources, tracking};

use super::directives::{self, Syntax};
use super::processes::not_running;
use crate::world::World;

/// Where distributions keep it.
const CONF: [&str; 2] = ["/etc/chrony/chrony.conf", "/etc/chrony.conf"];
/// Where FreeBSD's ports and NetBSD's and OpenBSD's packages do.
const OF_BSD: [&str; 3] =
    ["/usr/local/etc/chrony.conf", "/usr/pkg/etc/chrony.conf", "/etc/chrony.conf"];

const SYNTAX: Syntax = Syntax { parse: conf::parse, include: conf::include };

pub(super) fn probe(world: &World, runs: bool, on_bsd: bool) -> Chrony {
    let report = |name| match runs {
        true => world.run(&["chronyc", "-n", name]),
        false => not_running("chronyd"),
    };
    Chrony {
        tracking: report("tracking").parse(|text| tracking::parse(&text)),
        sources: report("sources").parse(|text| sources::parse(&text)),
        conf: directives::probe(world, if on_bsd { &OF_BSD } else { &CONF }, &SYNTAX),
    }
}
