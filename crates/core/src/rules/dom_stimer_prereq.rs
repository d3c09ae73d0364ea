//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A Hyper-V enlightenment lacks one that it needs: `stimer` needs `synic` and the timer `hypervclock`, `synic`
    /// needs `vpindex`.
    ///
    /// ## Why it matters
    /// The guest does not start. libvirt before 11.9 accepts the XML and QEMU refuses it: "Hyper-V synthetic timers
    /// (hv-stimer) requires Hyper-V synthetic interrupt controller (hv-synic)". libvirt since 11.9 refuses to define
    /// it.
    ///
    /// ## What to do
    /// Add `<vpindex state='on'/>` and `<synic state='on'/>` to `<hyperv>` and `<timer name='hypervclock'
    /// present='yes'/>` to `<clock>`, or remove `stimer`.
    ///
    /// ## Exceptions
    /// Without KVM, or with a KVM that was built without Hyper-V emulation, QEMU passes over all of them.
    ///
    /// ## References
    /// - QEMU `target/i386/kvm/kvm.c:kvm_hyperv_properties` and `kvm_hyperv_expand_features`
    /// - QEMU `docs/system/i386/hyperv.rst`
    /// - libvirt `src/qemu/qemu_validate.c`, checks of Hyper-V features
    "dom-stimer-prereq" on Domain {
        summary: "a Hyper-V enlightenment lacks one that it needs, so the guest does not start",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    if !xml.is_kvm_x86() || xml.takes_hyperv_from_host() {
        return Ok(vec![]);
    }
    let has = |name: &str| xml.enlightened(name).is_some();
    let needs = [
        ("stimer", "synic", has("synic")),
        ("stimer", "hypervclock", xml.has_hyperv_clock()),
        ("synic", "vpindex", has("vpindex")),
    ];
    let lacking = needs.into_iter().filter(|(_, _, there)| !there);
    let findings = lacking.filter_map(|(name, needed, _)| {
        let enlightenment = xml.enlightened(name)?;
        let (what, line) = match needed {
            "hypervclock" => {
                ("clock/timer[hypervclock]@present", "<timer name='hypervclock' present='yes'/>")
            }
            "synic" => ("features/hyperv/synic", "<synic state='on'/>"),
            _ => ("features/hyperv/vpindex", "<vpindex state='on'/>"),
        };
        let found = RULE
            .found(format!("`{name}` is on without `{needed}`, so the guest does not start"))
            .cure(format!("add `{line}`"), Effect::GuestRestart, Risk::Careful);
        Some(domain.lacks(found, what, enlightenment.at))
    });
    Ok(findings.collect())
}
