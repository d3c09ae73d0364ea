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
