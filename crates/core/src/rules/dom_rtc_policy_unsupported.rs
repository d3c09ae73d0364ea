//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::{Stage, Translation};

crate::rule! {
    /// ## What it checks
    /// A timer has a setting that libvirt's QEMU driver refuses: `merge` or `discard` for the RTC, `merge` for the PIT,
    /// any tick policy for `kvmclock` or `hypervclock`, an attribute that belongs to another timer, a clock of x86 on
    /// another architecture, the timer `platform`, or a word that libvirt does not know, such as the policy `none` and
    /// the track `guest virtual machine` of old vendor guides.
    ///
    /// ## Why it matters
    /// The schema allows most of them, so `virt-xml-validate` passes, and then the domain cannot be defined; one that
    /// was defined by an older libvirt stays listed and does not start.
    ///
    /// ## What to do
    /// The RTC takes `catchup` and `delay` (as without one: lost ticks are dropped); the PIT takes `delay`, `catchup`
    /// and `discard`. Remove what else is refused.
    ///
    /// ## Exceptions
    /// Domains of other drivers, such as Xen's.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers`
    /// - libvirt `src/conf/domain_postparse.c:virDomainDefPostParseTimer`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-rtc-policy-unsupported" on Model {
        summary: "a timer's setting makes libvirt refuse the domain",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let refused = model.refused_settings().filter(|(_, refusal)| !refusal.by_qemu);
    let findings = refused.filter_map(|(setting, refusal)| {
        let (name, attribute) = setting.of_timer()?;
        if has_its_own_rule(domain, (name, attribute), &setting.value, refusal.at) {
            return None;
        }
        let found = RULE
            .found(format!("libvirt refuses `{attribute}='{}'` of timer `{name}`", setting.value))
            .cure(remedy(name, attribute), Effect::GuestRestart, Risk::Careful);
        let found = domain.heard(found, model, refusal);
        Some(domain.blame(found, &setting.path, &setting.word()))
    });
    findings.collect()
}

fn has_its_own_rule(domain: &Domain, of: (&str, &str), value: &str, at: Stage) -> bool {
    match of {
        ("armvtimer", _) => true,
        ("rtc", "track") => value == "boot",
        ("hpet", "present") => value == "yes" && domain.xml.is_x86(),
        ("tsc", "frequency") => at == Stage::Start,
        _ => false,
    }
}

fn remedy(name: &str, attribute: &str) -> String {
    match (name, attribute) {
        ("rtc", "tickpolicy") => "write `tickpolicy='catchup'`, or remove it to drop lost ticks",
        ("pit", "tickpolicy") => "write `tickpolicy='catchup'`, or `discard` to drop lost ticks",
        ("rtc", "track") => "remove `track`, or write `track='wall'`",
        (_, "name" | "present") => return format!("remove `<timer name='{name}'>`"),
        _ => return format!("remove `{attribute}` from `<timer name='{name}'>`"),
    }
    .to_owned()
}
