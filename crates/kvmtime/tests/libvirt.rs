//! kvmtime on a host with a libvirt that the test starts itself: its domains, defined and running.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod lacking;
mod libvirtd;
mod report;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use guests::{Image, READY};
use lacking::{Lacking, need};
use libvirtd::Libvirtd;
use report::{KVMTIME, Report};
use serde_json::Value;

/// Domains that are only defined, their systems, and what is wrong with them: what virt-install makes of a Linux and of a
/// Windows, the NetBSD of an administrator before and after he read the manual, a TSC pinned to the host's frequency, a
/// machine full of faults that libvirt accepts, and one that drops the ticks that its guest counts.
const DEFINED: [(&str, &str, &[&str]); 7] = [
    (
        "buster",
        "netbsd9.0",
        &["dom-no-agent-channel", "dom-pit-delay-ambiguous", "dom-rtc-track-guest"],
    ),
    ("buster-cured", "netbsd9.0", &["dom-no-agent-channel", "dom-tickpolicy-noop"]),
    ("old5", "centos5.4", &["dom-no-agent-channel", "dom-pit-discard-tick-guest"]),
    (
        "split",
        "debian11",
        &["dom-ioapic-split-rtc-slew", "dom-kvmclock-disabled", "dom-offset-linux-localtime"],
    ),
    ("trader", "rhel9.2", &[]),
    ("web01", "debian12", &[]),
    ("win11", "win11", &["dom-no-agent-channel", "dom-stimer-missing"]),
];

/// The rules on XML that QEMU's command line is judged by as well.
const MIRRORED: [&str; 5] = [
    "dom-offset-linux-localtime",
    "dom-offset-windows-utc",
    "dom-pit-discard-tick-guest",
    "dom-rtc-no-catchup-windows",
    "dom-rtc-track-guest",
];

const DEBIAN: &str = "http://debian.org/debian/12";
const CATCHUP: &str = "<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/></clock>";
const DRIFTING: &str = "<clock offset='utc'><timer name='rtc' track='guest'/></clock>";

fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libvirtd");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A libvirt with the domains above.
fn with_domains() -> Result<Libvirtd, Lacking> {
    if !Path::new("/dev/kvm").exists() {
        return Err(Lacking::Impossible("/dev/kvm, without which libvirt defines no KVM".into()));
    }
    let libvirt = Libvirtd::start()?;
    let tsc = tsc_of_host(&libvirt);
    for (name, _, _) in DEFINED {
        let xml = sample(&format!("domains/{name}.xml"));
        libvirt.define(&xml.replace("@HOST@", &tsc.to_string()));
    }
    Ok(libvirt)
}

/// What an administrator reads who pins a guest's TSC. A host without a TSC to pin to gets one that nothing can judge.
fn tsc_of_host(libvirt: &Libvirtd) -> u64 {
    let capabilities = libvirt.run("virsh", &["capabilities"]);
    let counter = capabilities.split("<counter name='tsc' frequency='").nth(1);
    counter.and_then(|rest| rest.split('\'').next()).map_or(2_000_000_000, |hz| hz.parse().unwrap())
}

fn check(libvirt: &Libvirtd, targets: &[&str]) -> Report {
    Report::of(&libvirt.output(KVMTIME, &[&["check", "--format", "json"], targets].concat()))
}

#[test]
fn defined_domains_have_the_findings_that_they_must() {
    let Some(libvirt) = need(with_domains()) else { return };
    let all = check(&libvirt, &["domain:all"]);
    let expected: Vec<_> = DEFINED.iter().map(|(name, os, _)| (*name, *os)).collect();
    assert_eq!(all.subjects("domain"), expected);
    for (name, _, rules) in DEFINED {
        let expected: BTreeSet<&str> = rules.iter().copied().collect();
        assert_eq!(all.rules(&format!("domain/{name}")), expected, "{name}");
        let one = check(&libvirt, &[&format!("domain:{name}")]);
        assert_eq!(one.findings(""), all.findings(&format!("domain/{name}")), "{name}");
    }
    assert_eq!(check(&libvirt, &["libvirt+qemu:///system"]).0, all.0);
}

#[test]
fn facts_and_archives_give_the_findings_of_the_host_itself() {
    let Some(libvirt) = need(with_domains()) else { return };
    let live = check(&libvirt, &["domain:all"]);

    let facts = libvirt.run(KVMTIME, &["facts", "domain:all", "--format", "json"]);
    let file = libvirt.folder().join("facts.json");
    fs::write(&file, facts).unwrap();
    assert_eq!(Report::on(&["--facts"], &file).0, live.0);

    // As sos collects it: `sos_commands/PLUGIN/COMMAND_LINE`.
    let archive = libvirt.folder().join("sosreport");
    let plugin = archive.join("sos_commands/virsh");
    fs::create_dir_all(&plugin).unwrap();
    let keep = |arguments: &[&str]| {
        let name = format!("virsh_{}", arguments.join("_"));
        fs::write(plugin.join(name), libvirt.run("virsh", arguments)).unwrap();
    };
    keep(&["-r", "capabilities"]);
    DEFINED.iter().for_each(|(name, _, _)| keep(&["-r", "dumpxml", name]));
    let archived = Report::on(&[], &archive);
    assert_eq!(archived.subjects("domain"), live.subjects("domain"));
    for (name, _, _) in DEFINED {
        let id = format!("domain/{name}");
        assert_eq!(archived.rules(&id), live.rules(&id), "{name}");
    }
}

#[test]
fn the_folder_of_definitions_is_read_and_networks_are_passed_over() {
    let Some(libvirt) = need(with_domains()) else { return };
    let network = libvirt.write("network.xml", "<network><name>default</name><bridge/></network>");
    libvirt.run("virsh", &["net-define", &network]);
    libvirt.run("virsh", &["net-autostart", "default"]);
    libvirt.run("virsh", &["autostart", "web01"]);
    let live = check(&libvirt, &["domain:all"]);
    let folder = check(&libvirt, &["/etc/libvirt/qemu"]);
    assert_eq!(folder.subjects("network"), []);
    println!("{:#}", folder.0);
    for (name, os, _) in DEFINED {
        assert!(folder.subjects("domain").contains(&(name, os)), "{name}");
        let id = format!("domain/{name}");
        assert_eq!(folder.rules(&id), live.rules(&id), "{name}");
    }
}

#[test]
fn what_libvirt_does_not_know_is_named() {
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let refused = |target: &str| {
        let output = libvirt.output(KVMTIME, &["check", target]);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{target}");
        String::from_utf8(output.stderr).unwrap()
    };
    println!("{}", refused("domain:nobody"));
    println!("{}", refused("qemu:1"));
    println!("{}", refused("libvirt+nonsense:///system"));
    println!("{}", refused("libvirt+qemu+unix:///system?socket=/nowhere"));
    libvirt.stop();
    println!("{}", refused("domain:nobody"));
    println!("{}", refused("domain:all"));
    println!("{}", refused("libvirt+qemu:///system"));
    let rest = libvirt.output(KVMTIME, &["check"]);
    println!("{:?}", rest);
}
