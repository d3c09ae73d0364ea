//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::Translation;

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
    /// Without KVM, or with a KVM that was built without Hyper-V emulation, QEMU passes over all of them; libvirt since
    /// 11.9 does not.
    ///
    /// ## References
    /// - QEMU `target/i386/kvm/kvm.c:kvm_hyperv_properties` and `kvm_hyperv_expand_features`
    /// - QEMU `docs/system/i386/hyperv.rst`
    /// - libvirt `src/qemu/qemu_validate.c`, checks of Hyper-V features
    "dom-stimer-prereq" on Model {
        summary: "a Hyper-V enlightenment lacks one that it needs, so the guest does not start",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let all = || domain.xml.hyperv.iter().flat_map(|hyperv| &hyperv.enlightenments);
    let findings = model.refusals.iter().filter_map(|refusal| {
        let needed = refusal.lacks?;
        let one = all().find(|e| e.state.as_ref().is_some_and(|s| s.at == refusal.place))?;
        let (what, line) = match needed {
            "hypervclock" => (
                "clock/timer[hypervclock]@present".to_owned(),
                "<timer name='hypervclock' present='yes'/>".to_owned(),
            ),
            _ => (format!("features/hyperv/{needed}"), format!("<{needed} state='on'/>")),
        };
        let name = &one.name;
        let found = RULE
            .found(format!("`{name}` is on without `{needed}`, so the guest does not start"))
            .cure(format!("add `{line}`"), Effect::GuestRestart, Risk::Careful);
        let found = domain.heard(found, model, refusal);
        Some(domain.lacks(found, what, one.at))
    });
    findings.collect()
}
