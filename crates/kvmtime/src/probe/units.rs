//! systemd units that order guests and time.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{TimeDaemon, Units};
use kvmtime_wire::{assignments, unit};

use crate::world::World;

const ETC: &str = "/etc/systemd/system";
const LIB: [&str; 2] = ["/usr/lib/systemd/system", "/lib/systemd/system"];
const WAITS: [&str; 3] =
    ["chrony-wait.service", "systemd-time-wait-sync.service", "ntp-wait.service"];

pub(super) fn probe(world: &World) -> Units {
    let enabled = enabled(world);
    let has = |name: &str| enabled.value().is_some_and(|all| all.iter().any(|unit| unit == name));
    let guests = has("libvirt-guests.service");
    let guard = has("kvmtime-guard.service");
    let modular = has("virtqemud.service") || has("virtqemud.socket");
    let daemon = if modular { "virtqemud.service" } else { "libvirtd.service" };
    let waits: Vec<String> =
        WAITS.into_iter().filter(|name| has(name)).map(str::to_owned).collect();
    Units {
        libvirt_guests_enabled: enabled.clone().map(|_| guests),
        guard_enabled: enabled.clone().map(|_| guard),
        libvirt_guests_after: after(world, "libvirt-guests.service"),
        libvirt_daemon_after: after(world, daemon),
        time_wait_enabled: enabled.map(|_| waits),
        ntpd_options: ntpd_options(world),
    }
}

/// Whether systemd runs the machine (sd_booted(3)); only a live machine or a recording of one can say that it does not.
pub(super) fn systemd_runs(world: &World) -> Fact<bool> {
    world.exists("/run/systemd/system")
}

/// Units that some target wants, by the links that `systemctl enable` makes; they mean nothing where systemd does not run.
fn enabled(world: &World) -> Fact<Vec<String>> {
    let runs = systemd_runs(world);
    if runs.value() == Some(&false) {
        return Fact::absent(runs.from());
    }
    world.names(ETC).map(|names| {
        let wants = names.iter().filter(|name| name.ends_with(".wants"));
        let units = wants.flat_map(|folder| {
            let units =
                world.names(&format!("{ETC}/{folder}")).value().cloned().unwrap_or_default();
            units.into_iter().map(move |unit| (folder, unit))
        });
        // A package that went away leaves its link behind.
        let there = |(folder, unit): &(&String, String)| {
            world.exists(&format!("{ETC}/{folder}/{unit}")).value() != Some(&false)
        };
        units.filter(there).map(|(_, unit)| unit).collect()
    })
}

/// Units of time daemons, and the name that their process has.
const DAEMONS: [(&str, &str); 9] = [
    ("chrony.service", "chronyd"),
    ("chronyd.service", "chronyd"),
    ("ntp.service", "ntpd"),
    ("ntpd.service", "ntpd"),
    ("ntpd-rs.service", "ntp-daemon"),
    ("ntpsec.service", "ntpd"),
    ("openntpd.service", "openntpd"),
    ("phc2sys.service", "phc2sys"),
    ("systemd-timesyncd.service", "systemd-timesyncd"),
];

/// The time daemons that are enabled, each with its unit for a command. systemd-timesyncd counts alone only: where there
/// is another, its unit yields to it (Debian's drop-in `disable-with-time-daemon.conf`).
pub(super) fn daemons(world: &World) -> Fact<Vec<TimeDaemon>> {
    enabled(world).map(|units| {
        let of = |(unit, name): &(&str, &str)| {
            let there = units.iter().any(|enabled| enabled == unit);
            there.then(|| TimeDaemon {
                name: (*name).to_owned(),
                pid: 0,
                command: (*unit).to_owned(),
            })
        };
        let mut daemons: Vec<TimeDaemon> = DAEMONS.iter().filter_map(of).collect();
        if daemons.len() > 1 {
            daemons.retain(|daemon| daemon.name != "systemd-timesyncd");
        }
        daemons
    })
}

fn after(world: &World, name: &str) -> Fact<Vec<String>> {
    text_of(world, name).map(|text| unit::words(&text, "Unit", "After"))
}

/// A unit with its drop-ins behind it, as systemd reads them; a unit in /etc replaces the distribution's.
fn text_of(world: &World, name: &str) -> Fact<String> {
    let file = [ETC].into_iter().chain(LIB).map(|folder| world.text(&format!("{folder}/{name}")));
    let Some(Fact::Known { mut value, from }) =
        file.into_iter().find(|text| text.value().is_some())
    else {
        return Fact::absent(format!("{}/{name}", LIB[0]));
    };
    for folder in [LIB[0], LIB[1], ETC] {
        let drop_ins = world.names(&format!("{folder}/{name}.d"));
        for file in drop_ins.value().into_iter().flatten().filter(|file| file.ends_with(".conf")) {
            let text = world.text(&format!("{folder}/{name}.d/{file}"));
            value.push('\n');
            value.push_str(text.value().map_or("", String::as_str));
        }
    }
    Fact::known(value, from)
}

/// The words of ntpd's command line: from its unit, and from the file that Debian's and Red Hat's take them from.
fn ntpd_options(world: &World) -> Fact<Vec<String>> {
    let units = ["ntp.service", "ntpd.service", "ntpsec.service"].map(|name| text_of(world, name));
    let Some(Fact::Known { value, from }) = units.into_iter().find(|unit| unit.value().is_some())
    else {
        return Fact::absent(format!("{}/ntpd.service", LIB[0]));
    };
    let mut words = unit::words(&value, "Service", "ExecStart");
    for path in ["/etc/default/ntp", "/etc/default/ntpsec", "/etc/sysconfig/ntpd"] {
        let values = world.text(path).map(|text| assignments::parse(&text));
        for (name, value) in values.value().into_iter().flatten() {
            if matches!(name.as_str(), "NTPD_OPTS" | "OPTIONS") {
                words.extend(value.split_whitespace().map(str::to_owned));
            }
        }
    }
    Fact::known(words, from)
}
