//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::lifecycle::WRITES_STATE;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The guest requires an invariant TSC, `<feature policy='require' name='invtsc'/>`, without `<timer name='tsc'
    /// frequency='…'/>`.
    ///
    /// ## Why it matters
    /// Another host's TSC may run at another rate, so QEMU blocks migration, saving and memory snapshots: "State
    /// blocked by non-migratable CPU device (invtsc flag)". One learns of it only at that moment.
    ///
    /// ## What to do
    /// Write the host's frequency from `virsh capabilities` into `<timer name='tsc' frequency='…'/>`, shut the guest
    /// down and start it. Hosts that are to take the guest need the same frequency within 250 ppm, or a TSC that
    /// scales.
    ///
    /// ## Exceptions
    /// Guests that are never migrated, saved or snapshotted with their memory: where `--lifecycle` says so, the finding
    /// is information. It is an error where one of these is stated, or was seen.
    ///
    /// ## References
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_init_vcpu`, `invtsc_mig_blocker`
    /// - libvirt `src/qemu/qemu_migration.c:qemuMigrationSrcIsAllowed`
    "dom-invtsc-blocks-migration" on Domain {
        summary: "an invariant TSC without a fixed frequency forbids migration, save and snapshot",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(invtsc) = xml.requires("invtsc") else { return Ok(vec![]) };
    if is(invtsc.policy.as_ref(), "optional") || xml.tsc_frequency().is_some() || !xml.is_kvm_x86()
    {
        return Ok(vec![]);
    }
    let found = RULE.found("the guest requires `invtsc` and the TSC's frequency is not fixed");
    let found = domain.blame(found, "cpu/feature@name", &invtsc.name).at(&domain.path, invtsc.at);
    let found = domain.lifecycle.judge(found, WRITES_STATE, Severity::Error);
    Ok(vec![with_frequency(found, facts)])
}

fn with_frequency(found: Finding, facts: &Facts) -> Finding {
    let capabilities = facts.host().map(|host| &host.libvirt.capabilities);
    let tsc = capabilities.and_then(|capabilities| capabilities.value()?.tsc.as_ref());
    let summary = match tsc {
        Some(tsc) => format!("write `<timer name='tsc' frequency='{}'/>`", tsc.frequency),
        None => "write `<timer name='tsc' frequency='…'/>` with the host's frequency from \
                 `virsh capabilities`"
            .to_owned(),
    };
    found.cure(summary, Effect::GuestRestart, Risk::Manual)
}
