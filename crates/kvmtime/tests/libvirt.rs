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

use guests::{Image, READY};
use lacking::{Lacking, need};
use libvirtd::Libvirtd;
use report::{KVMTIME, Report};

/// Domains that are only defined, their systems, and what is wrong with them: what virt-install makes of a Linux and of a
/// Windows, the NetBSD of an administrator before and after he read the manual, a TSC pinned to the host's frequency, a
/// machine full of faults that libvirt accepts, and one that drops the ticks that its guest counts.
const DEFINED: [(&str, &str, &[&str]); 7] = [
    (
        "buster",
        "netbsd9.0",
        &[
            "dom-hpet-needed",
            "dom-no-agent-channel",
            "dom-pit-delay-ambiguous",
            "dom-rtc-track-guest",
        ],
    ),
    (
        "buster-cured",
        "netbsd9.0",
        &["dom-hpet-needed", "dom-no-agent-channel", "dom-tickpolicy-noop"],
    ),
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

/// A domain that runs.
struct Running {
    name: &'static str,
    kind: &'static str,
    os: &'static str,
    clock: &'static str,
    /// Which of those rules find something.
    faults: &'static [&'static str],
}

/// A Linux as it should be, one with two faults, and three that only look like other systems.
const RUNNING: [Running; 5] = [
    Running {
        name: "plain",
        kind: "qemu",
        os: "http://debian.org/debian/12",
        clock: "offset='utc'><timer name='rtc' tickpolicy='catchup'/>",
        faults: &[],
    },
    Running {
        name: "drifting",
        kind: "qemu",
        os: "http://debian.org/debian/12",
        clock: "offset='localtime'><timer name='rtc' track='guest'/>",
        faults: &["dom-offset-linux-localtime", "dom-rtc-track-guest"],
    },
    Running {
        name: "windows",
        kind: "qemu",
        os: "http://microsoft.com/win/10",
        clock: "offset='utc'>",
        faults: &["dom-offset-windows-utc", "dom-rtc-no-catchup-windows"],
    },
    Running {
        name: "windows-right",
        kind: "qemu",
        os: "http://microsoft.com/win/10",
        clock: "offset='localtime'><timer name='rtc' tickpolicy='catchup'/>",
        faults: &[],
    },
    Running {
        name: "ticking",
        kind: "kvm",
        os: "http://netbsd.org/netbsd/9.0",
        clock: "offset='utc'><timer name='pit' tickpolicy='discard'/>",
        faults: &["dom-pit-discard-tick-guest"],
    },
];

impl Running {
    fn define(&self, libvirt: &Libvirtd, image: &Image) {
        let initramfs = libvirt.folder().join("initramfs");
        if !initramfs.exists() {
            fs::write(&initramfs, image.initramfs()).unwrap();
        }
        let xml = sample("running.xml")
            .replace("@TYPE@", self.kind)
            .replace("@NAME@", self.name)
            .replace("@OS@", self.os)
            .replace("@CLOCK@", self.clock)
            .replace("@KERNEL@", &image.kernel().to_string_lossy())
            .replace("@INITRAMFS@", &initramfs.to_string_lossy());
        libvirt.define(&xml);
    }

    /// Gives it another clock from its next start on.
    fn redefine(&self, libvirt: &Libvirtd, clock: &str) {
        let xml = libvirt.run("virsh", &["dumpxml", "--inactive", self.name]);
        let (before, rest) = xml.split_once("<clock").unwrap();
        let (_, after) = rest.split_once("</clock>").unwrap();
        libvirt.define(&format!("{before}<clock {clock}</clock>{after}"));
    }

    fn is_linux(&self) -> bool {
        self.os.contains("debian")
    }

    /// Starts it. What is no Linux is paused before it runs an instruction.
    fn start(&self, libvirt: &Libvirtd, image: &Image) {
        self.define(libvirt, image);
        let paused: &[&str] = if self.is_linux() { &[] } else { &["--paused"] };
        libvirt.run("virsh", &[&["start", self.name], paused].concat());
    }

    /// Waits until Linux is up.
    fn ready(&self, libvirt: &Libvirtd) {
        libvirt.wait_for(&format!("/run/{}.console", self.name), READY);
    }
}

fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libvirtd");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Without it libvirt defines no domain of type `kvm`.
fn kvm() -> Result<(), Lacking> {
    let lacking = || Lacking::Impossible("/dev/kvm".to_owned());
    Path::new("/dev/kvm").exists().then_some(()).ok_or_else(lacking)
}

/// A libvirt with the domains above.
fn with_domains() -> Result<Libvirtd, Lacking> {
    let libvirt = Libvirtd::start()?;
    let hertz = tsc_of_host(&libvirt).map_or(UNKNOWN, |(hertz, _)| hertz).to_string();
    for (name, _, _) in DEFINED {
        let xml = sample(&format!("domains/{name}.xml")).replace("@HOST@", &hertz);
        match kvm() {
            Ok(()) => libvirt.define(&xml),
            Err(_) => libvirt.leave(name, &xml),
        }
    }
    if kvm().is_err() {
        libvirt.stop("TERM");
        libvirt.restart();
    }
    Ok(libvirt)
}

/// A frequency, hertz, that stands for a host's which nobody knows.
const UNKNOWN: u64 = 2_000_000_000;

/// The TSC's frequency and whether it scales, as libvirt tells whoever pins a guest's TSC, unless the host has no KVM.
fn tsc_of_host(libvirt: &Libvirtd) -> Option<(u64, bool)> {
    let capabilities = libvirt.run("virsh", &["capabilities"]);
    let line = capabilities.lines().find(|line| line.contains("<counter name='tsc'"))?;
    let words: Vec<&str> = line.split('\'').collect();
    Some((words[3].parse().unwrap(), words[5] == "yes"))
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
        let id = format!("domain/{name}");
        assert_eq!(one.findings(&id), all.findings(&id), "{name}");
    }
    assert_eq!(check(&libvirt, &["libvirt+qemu:///system"]).0, all.0);
}

#[test]
fn a_pinned_tsc_does_not_fit_every_host() {
    if need(kvm()).is_none() {
        return;
    }
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let (hertz, scales) = tsc_of_host(&libvirt).unwrap();
    let one_percent_more = (hertz / 100 * 101).to_string();
    libvirt.define(&sample("domains/trader.xml").replace("@HOST@", &one_percent_more));
    let rules: &[&str] = if scales { &[] } else { &["dom-tsc-frequency-unsupported"] };
    let report = check(&libvirt, &["domain:trader"]);
    assert_eq!(report.rules("domain/trader"), rules.iter().copied().collect());
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
    // A link in a folder beside the definition: one domain all the same.
    libvirt.run("virsh", &["autostart", "web01"]);
    let live = check(&libvirt, &["domain:all"]);
    let folder = check(&libvirt, &["/etc/libvirt/qemu"]);
    let sorted = |report: &Report| {
        let subjects = report.subjects("domain").into_iter();
        subjects.map(|(name, os)| (name.to_owned(), os.to_owned())).collect::<BTreeSet<_>>()
    };
    assert_eq!(folder.subjects("domain").len(), DEFINED.len());
    assert_eq!(sorted(&folder), sorted(&live));
    for (name, _, _) in DEFINED {
        let id = format!("domain/{name}");
        assert_eq!(folder.rules(&id), live.rules(&id), "{name}");
    }
}

#[test]
fn what_libvirt_does_not_know_is_an_error_with_a_hint() {
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let refused = |target: &str, why: &str| {
        let output = libvirt.output(KVMTIME, &["check", target]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{target}: {said}");
        assert!(output.stdout.is_empty(), "{target}");
        assert!(said.starts_with(&format!("kvmtime: {why}")), "{target}: {said}");
        assert!(said.contains("\nhint: "), "{target}: {said}");
    };
    refused("domain:nobody", "libvirt knows no domain nobody\n");
    refused("qemu:1", "there is no QEMU process 1\n");
    refused("libvirt+nothing:///system", "cannot reach libvirt: nothing:///system: no connection");
    let socket = "qemu+unix:///system?socket=/nowhere";
    refused(&format!("libvirt+{socket}"), &format!("cannot reach libvirt: {socket}: Failed to"));

    libvirt.stop("TERM");
    refused("domain:nobody", "cannot reach libvirt: qemu:///system: not there\n");
    refused("domain:all", "cannot reach libvirt: qemu:///system: not there\n");
    refused("libvirt+qemu:///system", "cannot reach libvirt: qemu:///system: not there\n");
    // Who names nothing does not miss what is not here.
    let rest = check(&libvirt, &[]);
    assert!(rest.subjects("host").len() + rest.subjects("guest").len() > 0);
    assert_eq!(rest.subjects("domain"), []);

    // A libvirt that was killed leaves its socket, and domains that nobody can see.
    libvirt.restart();
    libvirt.stop("KILL");
    let why = "cannot reach libvirt: qemu:///system: Failed to connect socket";
    refused("domain:all", why);
    // What else is here is judged all the same, and the domains are missed.
    let output = libvirt.output(KVMTIME, &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with(&format!("kvmtime: {why}")));
    assert!(String::from_utf8_lossy(&output.stdout).contains("host"));
}

/// The process of a running domain.
fn pid(libvirt: &Libvirtd, name: &str) -> String {
    libvirt.run("cat", &[&format!("/run/libvirt/qemu/{name}.pid")])
}

/// What the rule on QEMU's command line says that the XML's rules would say.
fn mirrored<'a>(report: &'a Report, pid: &str) -> BTreeSet<&'a str> {
    let found = report.findings(&format!("qemu/{pid}")).into_iter();
    let own = found.filter(|found| found["rule"] == "qemu-rtc-effective-policy");
    let evidence = own.flat_map(|found| found["evidence"].as_array().unwrap());
    let named = evidence.filter(|seen| seen["what"] == "the same fault in libvirt XML");
    named.map(|seen| seen["value"].as_str().unwrap()).collect()
}

#[test]
fn a_running_guest_is_judged_alike_by_its_xml_and_by_its_command_line() {
    let Some(image) = need(Image::linux()) else { return };
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let kvm = need(kvm()).is_some();
    let running = RUNNING.iter().filter(|domain| kvm || domain.kind != "kvm");
    running.clone().for_each(|domain| domain.start(&libvirt, &image));
    running.clone().filter(|domain| domain.is_linux()).for_each(|domain| domain.ready(&libvirt));
    for Running { name, faults, .. } in running {
        let pid = pid(&libvirt, name);
        let report = check(&libvirt, &[&format!("domain:{name}"), &format!("qemu:{pid}")]);
        let faults: BTreeSet<&str> = faults.iter().copied().collect();
        let mut by_xml = report.rules(&format!("domain/{name}"));
        // It is paused, and lives by the RTC's ticks.
        assert_eq!(by_xml.remove("dom-rtc-slew-replays-pause"), *name == "windows-right");
        assert_eq!(by_xml.is_empty(), faults.is_empty(), "{name}: {by_xml:?}");
        by_xml.retain(|rule| MIRRORED.contains(rule));
        assert_eq!(by_xml, faults, "{name}");
        assert_eq!(mirrored(&report, &pid), faults, "{name}");
    }
    // A command line alone does not tell the guest's system, but whose time the RTC follows.
    let drifting = pid(&libvirt, "drifting");
    let alone = check(&libvirt, &[&format!("qemu:{drifting}")]);
    assert!(mirrored(&alone, &drifting).contains("dom-rtc-track-guest"));
}

#[test]
fn a_definition_that_changed_under_a_running_domain_is_told_from_it() {
    const RULE: &str = "dom-live-differs-from-definition";
    let Some(image) = need(Image::linux()) else { return };
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let [plain, drifting, ..] = RUNNING;
    plain.start(&libvirt, &image);
    plain.ready(&libvirt);
    assert!(!check(&libvirt, &["domain:plain"]).rules("domain/plain").contains(RULE));

    plain.redefine(&libvirt, drifting.clock);
    let report = check(&libvirt, &["domain:plain"]);
    let found = report.findings("domain/plain");
    let found = found.iter().find(|found| found["rule"] == RULE).unwrap();
    let seen: Vec<&str> =
        found["evidence"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert!(seen.contains(&"clock/timer[rtc]@track of the definition"), "{seen:?}");
    // What runs is still right, so nothing else is found.
    assert!(!report.rules("domain/plain").contains("dom-rtc-track-guest"));
}

#[test]
fn what_happens_to_a_domain_is_seen_by_its_traces() {
    let Some(image) = need(Image::linux()) else { return };
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let [_, drifting, ..] = RUNNING;
    drifting.start(&libvirt, &image);
    drifting.ready(&libvirt);
    let seen = |what: &str| {
        let report = check(&libvirt, &["domain:drifting"]);
        let found = report.findings("domain/drifting");
        let found = found.iter().find(|found| found["rule"] == "dom-rtc-track-guest").unwrap();
        let evidence = found["evidence"].as_array().unwrap().iter().find(|e| e["what"] == what);
        evidence.map(|evidence| evidence["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(seen("virsh domstate"), None);
    libvirt.run("virsh", &["suspend", "drifting"]);
    assert_eq!(seen("virsh domstate").as_deref(), Some("paused"));
    libvirt.run("virsh", &["managedsave", "drifting"]);
    assert_eq!(seen("managed save image").as_deref(), Some("there"));
    libvirt.run("virsh", &["managedsave-remove", "drifting"]);
    assert_eq!(seen("managed save image"), None);
    assert_eq!(seen("log").as_deref(), Some("shutting down, reason=saved"));
}

#[test]
fn a_capture_is_judged_elsewhere_as_the_host_is() {
    let Some(image) = need(Image::linux()) else { return };
    let Some(libvirt) = need(with_domains()) else { return };
    let [plain, drifting, windows, ..] = RUNNING;
    drifting.start(&libvirt, &image);
    windows.start(&libvirt, &image);
    drifting.ready(&libvirt);
    drifting.redefine(&libvirt, plain.clock);
    let live = check(&libvirt, &["domain:all", "qemu:all"]);
    let folder = libvirt.folder().join("captured");
    libvirt.run(KVMTIME, &["capture", &folder.to_string_lossy()]);
    let captured = Report::on(&[], &folder);
    for kind in ["domain", "qemu"] {
        assert_eq!(captured.subjects(kind), live.subjects(kind));
    }
    assert_eq!(live.subjects("domain").len(), DEFINED.len() + 2);
    assert_eq!(live.subjects("qemu").len(), 2);
    for subject in live.0["subjects"].as_array().unwrap() {
        let id = subject["id"].as_str().unwrap();
        assert_eq!(captured.findings(id), live.findings(id), "{id}");
    }
}
