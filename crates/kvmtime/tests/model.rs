//! The rules and `translate` have one model of libvirt and QEMU: on several hundred domains they say the same.
#![expect(clippy::unwrap_used, reason = "a test may end on what must not be")]

mod domains;

use std::sync::Arc;

use kvmtime_core::check::{Report, check};
use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Domain, Facts, Machine, Qemu, Source};
use kvmtime_core::finding::{Finding, Severity};
use kvmtime_core::rules::CATALOGUE;
use kvmtime_core::translate::{Outcome, Setting, Translation};
use kvmtime_wire::capabilities::{Capabilities, Tsc};
use kvmtime_wire::text::At;

const HZ: u64 = 2_500_000_000;

/// Pairs of libvirt and QEMU: those of Debian's releases, and two that people make by upgrading one of the two.
const PAIRS: [(&str, &str); 6] = [
    ("7.0.0", "5.2.0"),
    ("8.0.0", "9.2.0"),
    ("9.0.0", "7.2.22"),
    ("9.0.0", "8.2.0"),
    ("11.3.0", "10.0.13"),
    ("12.8.0", "11.1.3"),
];

/// Rules whose errors say that there will be no guest.
const REFUSALS: [&str; 8] = [
    "dom-armvtimer-policy",
    "dom-catchup-tunables-noop",
    "dom-clock-refused",
    "dom-hpet-present-refused",
    "dom-rtc-policy-unsupported",
    "dom-rtc-track-boot",
    "dom-stimer-prereq",
    "dom-tsc-frequency-unsupported",
];

/// Rules that find something else wrong with a domain that starts.
const ERRORS: [&str; 3] = [
    "dom-offset-absolute",
    // An unknown guest may count the RTC's ticks.
    "dom-ioapic-split-rtc-slew",
    // A guest with enlightenments counts as Windows, which does.
    "dom-rtc-no-catchup-windows",
];

/// Rules that speak of what does nothing.
const NOOPS: [&str; 4] = [
    "dom-catchup-tunables-noop",
    "dom-clock-setting-noop",
    "dom-tickpolicy-noop",
    "dom-timer-present-noop",
];

/// Why nothing need be said of a setting that nothing comes of.
fn nothing_to_say(setting: &Setting) -> Option<&'static str> {
    Some(match (&*setting.path, &*setting.value) {
        ("cpu@mode" | "devices/iommu/driver@intremap", _) => "it is no clock's setting",
        ("clock@offset", _) => "what the adjustment or the start says is the offset",
        ("clock@adjustment", "reset") if !setting.device.contains("no number") => {
            "it asks for nothing"
        }
        ("clock/timer[pit]@tickpolicy", "catchup") => "the PIT catches up by default",
        ("features/hyperv@mode", "custom") => "it is the default",
        (path, "off") if path.starts_with("features/") => "off is the default",
        ("clock/timer[hypervclock]@present", "no") => "there is none by default",
        (path, "yes") if path.ends_with("@present") => "the timer is there",
        _ => return None,
    })
}

fn facts(libvirt: &str, qemu: &str, xml: &str) -> Facts {
    let known = |version: &str| Fact::known(version.to_owned(), "virsh version");
    let mut host = Machine::default();
    host.libvirt.version = known(libvirt);
    host.libvirt.qemu_version = known(qemu);
    let tsc = Some(Tsc { frequency: HZ, scaling: Some(false) });
    let capabilities = Capabilities { tsc, ..Capabilities::default() };
    host.libvirt.capabilities = Fact::known(capabilities, "virsh capabilities");
    let parsed = kvmtime_wire::domain::parse(xml).unwrap().remove(0);
    let domain = Domain::of(parsed, "d.xml", "d.xml", Arc::new(Source::new(xml)));
    Facts { machines: vec![host], domains: vec![domain], ..Facts::default() }
}

fn place(at: At) -> String {
    format!("d.xml:{}:{}", at.line, at.column)
}

fn names(finding: &Finding, at: At) -> bool {
    finding.evidence.iter().any(|evidence| evidence.from == place(at))
}

/// Where the rules and the model differ.
fn differences(model: &Translation, report: &Report) -> Vec<String> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let (refusing, other): (Vec<_>, Vec<_>) =
        errors.partition(|finding| REFUSALS.contains(&&*finding.rule));
    let mut wrong = Vec::new();
    if model.refused.is_some() == refusing.is_empty() {
        let rules: Vec<&str> = refusing.iter().map(|finding| &*finding.rule).collect();
        wrong.push(format!("refused: {:?}, and the rules say {rules:?}", model.refused));
    }
    for refusal in &model.refusals {
        let heard = |finding: &&Finding| {
            finding.evidence.iter().any(|evidence| evidence.value == refusal.message)
        };
        if !refusing.iter().any(heard) && !refusing.iter().any(|f| names(f, refusal.place)) {
            wrong.push(format!("no rule says {}", refusal.message));
        }
    }
    let strange = other.iter().filter(|finding| !ERRORS.contains(&&*finding.rule));
    wrong.extend(strange.map(|finding| format!("an error of {}", finding.rule)));
    let idle = |setting: &&Setting| setting.outcome == Outcome::NoEffect;
    for setting in model.settings.iter().filter(idle) {
        let mut noops = report.findings.iter().filter(|f| NOOPS.contains(&&*f.rule));
        let found = noops.any(|finding| names(finding, setting.at));
        if found == nothing_to_say(setting).is_some() {
            let (path, value) = (&setting.path, &setting.value);
            wrong.push(format!("{path}={value} has no effect, and is found: {found}"));
        }
    }
    wrong
}

/// Command lines, of which QEMU refuses some, and some only in later versions.
const LINES: [&str; 12] = [
    "-accel kvm -rtc base=localtime,driftfix=slew",
    "-accel kvm -localtime",
    "-accel kvm -no-hpet",
    "-accel kvm -no-kvm-pit-reinjection -rtc-td-hack",
    "-accel kvm -global mc146818rtc.lost_tick_policy=delay",
    "-accel kvm -global kvm-pit.lost_tick_policy=slew",
    "-accel tcg -global kvm-pit.lost_tick_policy=slew",
    "-accel kvm -M microvm,hpet=off",
    "-accel kvm -rtc base=now",
    "-accel kvm -cpu host,hv-stimer,hv-time,hv-synic",
    "-accel kvm -cpu host,tsc-frequency=1000000000",
    "-accel kvm -cpu host,tsc-frequency=2500000000",
];

#[test]
fn a_refused_option_is_an_error() {
    for (libvirt, version) in PAIRS {
        for line in LINES {
            let text = format!("qemu-system-x86_64 -name vm {line}\n");
            let parsed = kvmtime_wire::qemu::parse(&text).unwrap();
            let mut facts = facts(libvirt, version, "<domain><name>other</name></domain>");
            facts.domains.clear();
            facts.qemus = vec![Qemu::of_file("vm.args", parsed, Source::new(&text))];
            let refused = facts.qemus[0].translation(&facts).refused.is_some();
            let report = check(&facts, CATALOGUE);
            let rules = ["qemu-option-refused", "qemu-removed-clock-options"];
            let mut found = report.findings.iter().filter(|f| rules.contains(&&*f.rule));
            let error = found.clone().any(|finding| finding.severity == Severity::Error);
            // What a later QEMU refuses is a warning.
            assert!(refused <= found.next().is_some(), "{version}: {line}");
            assert!(error <= refused, "{version}: {line}");
        }
    }
}

#[test]
fn a_refusal_is_an_error_and_what_does_nothing_is_named() {
    let (mut wrong, mut refused, mut idle) = (Vec::new(), 0, 0);
    let domains = domains::all(&["kvm", "qemu"], HZ);
    for (libvirt, qemu) in PAIRS {
        for domain in &domains {
            let facts = facts(libvirt, qemu, &domain.xml);
            let model = facts.translate(&facts.domains[0].xml);
            refused += usize::from(model.refused.is_some());
            idle += model.settings.iter().filter(|s| s.outcome == Outcome::NoEffect).count();
            let differing = differences(&model, &check(&facts, CATALOGUE));
            let said = |what: String| format!("{libvirt}/{qemu}: {what}\n{}", domain.xml);
            wrong.extend(differing.into_iter().map(said));
        }
    }
    assert!(refused > 1000 && idle > 1000, "{refused} refused, {idle} without effect");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
