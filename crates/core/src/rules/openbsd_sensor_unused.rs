//! See [`RULE`].

use crate::facts::{Bsd, Machine};
use crate::finding::{Effect, Risk};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// OpenBSD shows the host's clock as a sensor, `pvclock0`, and its ntpd.conf names no sensor.
    ///
    /// ## Why it matters
    /// The sensor compares the guest's clock with the host's every 15 seconds, without the network's jitter. ntpd can
    /// follow it like a radio clock.
    ///
    /// ## What to do
    /// If the host's own clock is kept right, write `sensor pvclock0` into `/etc/ntpd.conf` and restart ntpd. Keep the
    /// servers: they are the only witness should the host be wrong.
    ///
    /// ## Exceptions
    /// OpenBSD's own ntpd.conf has `sensor *`, which is enough. Other daemons than OpenNTPD know no sensors.
    ///
    /// ## References
    /// - OpenBSD `sys/dev/pv/pvclock.c:pvclock_tick`
    /// - <https://man.openbsd.org/ntpd.conf>: `sensor`
    "openbsd-sensor-unused" on Bsd {
        summary: "ntpd does not use the host's clock that OpenBSD shows as a sensor",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, bsd: &Bsd) -> Verdict {
    if guest.os.get()?.family != Family::Openbsd || !guest.may_run("openntpd") {
        return Ok(vec![]);
    }
    let sensors = bsd.time_deltas.optional()?.map_or(&[][..], Vec::as_slice);
    let Some(pvclock) = sensors.iter().find(|sensor| sensor.device.starts_with("pvclock")) else {
        return Ok(vec![]);
    };
    let Some(named) = bsd.ntpd_sensors.optional()? else { return Ok(vec![]) };
    if named.iter().any(|name| name == "*" || *name == pvclock.device) {
        return Ok(vec![]);
    }
    let line = format!("sensor {}", pvclock.device);
    Ok(vec![RULE
        .found("ntpd does not use the host's clock, which the kernel shows as a sensor")
        .saw("guest minus host, seconds", format!("{:+.6}", pvclock.seconds), bsd.time_deltas.from())
        .saw("sensor", if named.is_empty() { "absent".to_owned() } else { named.join(" ") }, bsd.ntpd_sensors.from())
        .cure(
            format!("write `{line}` into ntpd.conf and restart ntpd, if the host is kept right"),
            Effect::Live,
            Risk::Careful,
        )])
}
