//! The real-time clock.

use kvmtime_core::fact::{Fact, Why};
use kvmtime_core::facts::Rtc;
use kvmtime_wire::adjtime;

use crate::world::{self, World};

const DEVICE: &str = "/sys/class/rtc/rtc0";

pub(super) fn probe(world: &World) -> Rtc {
    Rtc {
        device: world.word(&format!("{DEVICE}/name")),
        minus_system_seconds: world.ask(
            "rtc-minus-system",
            "/sys/class/rtc/rtc0/since_epoch",
            || {
                let rtc = world::number(&format!("{DEVICE}/since_epoch"))?;
                Ok(rtc - world::epoch_seconds())
            },
        ),
        scale: scale(world),
        zone_offset_seconds: world.ask("zone-offset", "localtime(3)", || {
            kvmtime_sys::local_time::offset(world::epoch_seconds())
        }),
        zone: zone(world),
    }
}

/// Without the file hwclock(8) takes UTC.
fn scale(world: &World) -> Fact<adjtime::RtcScale> {
    let text = world.text("/etc/adjtime");
    match text.get() {
        Err(unknown) if unknown.unknown == Why::Absent => {
            Fact::known(adjtime::RtcScale::Utc, "/etc/adjtime: not there, which means UTC")
        }
        _ => text.map(|text| adjtime::parse(&text)),
    }
}

/// By the link that localtime(5) asks for, by Debian's file beside it, or by what an archive holds of timedatectl(1).
fn zone(world: &World) -> Fact<String> {
    let named = |target: String| match target.split_once("zoneinfo/") {
        Some((_, zone)) => Ok(zone.trim_start_matches("posix/").to_owned()),
        None => Err("it leads to no zone"),
    };
    let archived = || {
        world.run_archived(&["timedatectl"]).parse(|text| {
            let mut lines = text.lines().map(str::trim);
            let zone = lines.find_map(|line| line.strip_prefix("Time zone: "));
            let zone = zone.and_then(|zone| zone.split(' ').next()).map(str::to_owned);
            zone.ok_or("it names no zone")
        })
    };
    world
        .link("/etc/localtime")
        .parse(named)
        .or_else(|| world.word("/etc/timezone"))
        .or_else(archived)
}
