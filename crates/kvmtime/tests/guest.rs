//! kvmtime inside a real guest: what it says there is what the guest is, and the same from evidence that was captured there.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod guests;
mod lacking;
mod report;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use guests::{Guest, Image};
use lacking::{Lacking, need};
use report::{KVMTIME, Look, Report};
use serde_json::Value;
use tempfile::TempDir;

/// What the guest does; the three look at the same machine, a moment apart.
const JOB: &str = "
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >clocksource
kvmtime check guest --format json >check.json
echo $? >status
kvmtime facts guest --format json >facts.json
kvmtime capture captured
";

/// The guest runs no time daemon.
const UNDISCIPLINED: &str = "guest-no-time-discipline";

/// What a guest found in itself.
struct Found {
    folder: TempDir,
    look: Look,
}

impl Found {
    fn in_guest(cmdline: &str, options: &[&str]) -> Result<Self, Lacking> {
        let image = Image::linux()?.program(Path::new(KVMTIME))?.job(JOB);
        let folder = Guest::start(&image, cmdline, options)?.results();
        Ok(Self { look: Look::read(folder.path()), folder })
    }

    /// What sysfs said.
    fn clocksource(&self) -> String {
        self.text("clocksource")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap().trim().to_owned()
    }

    /// What the kernel's log said last.
    fn switched_to(&self) -> &Value {
        let log = self.fact("/logs/kernel").as_array().unwrap();
        let mut switched = log.iter().filter_map(|line| line["event"].get("switched"));
        &switched.next_back().unwrap()["clocksource"]
    }

    fn fact(&self, path: &str) -> &Value {
        self.look.fact(path)
    }
}

#[test]
fn a_guest_on_its_tsc_is_seen_as_it_is() {
    // The kernel's watchdog may give the TSC up when the host is busy.
    let Some(found) = need(Found::in_guest("tsc=nowatchdog", &[])) else { return };
    assert_eq!(found.clocksource(), "tsc");
    assert_eq!(*found.fact("/clocksource/current"), *found.clocksource());
    assert_eq!(*found.switched_to(), *found.clocksource());
    assert_eq!(*found.fact("/hypervisor"), "tcg");
    assert_eq!(*found.fact("/container"), false);
    assert_eq!(*found.fact("/name"), "guest");
    assert_eq!(found.fact("/agent")["running"], false);
    assert_eq!(found.fact("/agent")["channel"], false);
    assert_eq!(found.look.check.rules("guest"), BTreeSet::from([UNDISCIPLINED]));
    assert_eq!(found.text("status"), "1");
}

#[test]
fn a_guest_on_an_emulated_clock_is_told_so() {
    for clocksource in ["hpet", "acpi_pm"] {
        // As above.
        let cmdline = format!("clocksource={clocksource} tsc=nowatchdog");
        let booted = Found::in_guest(&cmdline, &[]);
        let Some(found) = need(booted) else { return };
        assert_eq!(found.clocksource(), clocksource);
        assert_eq!(*found.switched_to(), *clocksource);
        let expected = ["guest-clocksource-forced", "guest-clocksource-slow", UNDISCIPLINED];
        assert_eq!(found.look.check.rules("guest"), BTreeSet::from(expected));
        let findings = found.look.check.findings("guest");
        let slow = findings.iter().find(|f| f["rule"] == "guest-clocksource-slow").unwrap();
        assert_eq!(slow["evidence"][0]["value"], clocksource);
    }
}

#[test]
fn what_is_captured_in_a_guest_is_judged_elsewhere_as_it_is_there() {
    let Some(found) = need(Found::in_guest("clocksource=acpi_pm", &[])) else { return };
    let captured = Report::on(&[], &found.folder.path().join("captured"));
    assert!(captured.rules("guest").contains("guest-clocksource-slow"));
    assert_eq!(captured.subjects("guest")[0].1, found.look.check.subjects("guest")[0].1);
    for part in ["findings", "skipped", "summary"] {
        assert_eq!(captured.0[part], found.look.check.0[part], "{part}");
    }
}

#[test]
fn the_guest_agent_and_its_channel_are_seen_from_inside() {
    if need(lacking::program("qemu-ga", "qemu-guest-agent")).is_none() {
        return;
    }
    let options = [
        ["-device", "virtio-serial"],
        ["-chardev", "null,id=agent"],
        ["-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"],
    ];
    let Some(found) = need(Found::in_guest("", options.as_flattened())) else { return };
    assert_eq!(found.fact("/agent")["running"], true);
    assert_eq!(found.fact("/agent")["channel"], true);
}
