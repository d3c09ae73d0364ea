//! kvmtime inside a real guest: what it says there is what the guest is, and the same from evidence that was captured there.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod guests;
mod lacking;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use guests::{Guest, Image};
use lacking::{Lacking, need};
use serde_json::Value;
use tempfile::TempDir;

const KVMTIME: &str = env!("CARGO_BIN_EXE_kvmtime");
/// What the guest does; the three look at the same machine, a moment apart.
const JOB: &str = "
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >clocksource
kvmtime check guest --format json >check.json
kvmtime facts guest --format json >facts.json
kvmtime capture captured
";

/// The guest runs no time daemon.
const UNDISCIPLINED: &str = "guest-no-time-discipline";

/// What a guest found in itself.
struct Found {
    folder: TempDir,
    check: Value,
    facts: Value,
}

impl Found {
    fn in_guest(cmdline: &str, options: &[&str]) -> Result<Self, Lacking> {
        let image = Image::linux()?.program(Path::new(KVMTIME)).job(JOB);
        let folder = Guest::start(&image, cmdline, options)?.results();
        let read = |name| json(&fs::read(folder.path().join(name)).unwrap());
        Ok(Self { check: read("check.json"), facts: read("facts.json"), folder })
    }

    /// What sysfs said.
    fn clocksource(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("clocksource")).unwrap();
        text.trim().to_owned()
    }

    fn fact(&self, path: &str) -> &Value {
        &self.facts["machines"][0].pointer(path).unwrap()["value"]
    }

    /// What the evidence says that was captured in the guest, judged here.
    fn captured(&self) -> Value {
        let mut kvmtime = Command::new(KVMTIME);
        let output = kvmtime.arg("check").arg(self.folder.path().join("captured"));
        json(&output.args(["--format", "json"]).output().unwrap().stdout)
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn rules(report: &Value) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_guest_on_its_tsc_is_seen_as_it_is() {
    let Some(found) = need(Found::in_guest("", &[])) else { return };
    assert_eq!(found.clocksource(), "tsc");
    assert_eq!(*found.fact("/clocksource/current"), *found.clocksource());
    assert_eq!(*found.fact("/hypervisor"), "tcg");
    assert_eq!(*found.fact("/container"), false);
    assert_eq!(*found.fact("/name"), "guest");
    assert_eq!(found.fact("/agent")["running"], false);
    assert_eq!(found.fact("/agent")["channel"], false);
    assert_eq!(rules(&found.check), BTreeSet::from([UNDISCIPLINED]));
}

#[test]
fn a_guest_on_an_emulated_clock_is_told_so() {
    for clocksource in ["hpet", "acpi_pm"] {
        let booted = Found::in_guest(&format!("clocksource={clocksource}"), &[]);
        let Some(found) = need(booted) else { return };
        assert_eq!(found.clocksource(), clocksource);
        let expected = ["guest-clocksource-forced", "guest-clocksource-slow", UNDISCIPLINED];
        assert_eq!(rules(&found.check), BTreeSet::from(expected));
        let findings = found.check["findings"].as_array().unwrap();
        let slow = findings.iter().find(|f| f["rule"] == "guest-clocksource-slow").unwrap();
        assert_eq!(slow["evidence"][0]["value"], clocksource);
    }
}

#[test]
fn what_is_captured_in_a_guest_is_judged_elsewhere_as_it_is_there() {
    let Some(found) = need(Found::in_guest("clocksource=acpi_pm", &[])) else { return };
    let captured = found.captured();
    assert!(rules(&captured).contains("guest-clocksource-slow"), "{captured:#}");
    for part in ["findings", "skipped", "summary"] {
        assert_eq!(captured[part], found.check[part], "{part}");
    }
    assert_eq!(captured["subjects"][0]["os"], found.check["subjects"][0]["os"]);
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
