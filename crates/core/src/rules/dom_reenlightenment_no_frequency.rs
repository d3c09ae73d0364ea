//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::lifecycle::WRITES_STATE;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `<reenlightenment state='on'/>` without `<timer name='tsc' frequency='…'/>`.
    ///
    /// ## Why it matters
    /// Hyper-V inside the guest asks to be told when the TSC's frequency changes, and KVM does not fully do that. Once
    /// the guest has asked, its migration fails on the destination: "Guest enabled re-enlightenment notifications,
    /// 'tsc-frequency=' has to be specified".
    ///
    /// ## What to do
    /// Write the host's frequency from `virsh capabilities` into `<timer name='tsc' frequency='…'/>` and add
    /// `<frequencies state='on'/>`. The destination needs the same frequency or a TSC that scales. Or remove
    /// `reenlightenment`: only a guest that runs Hyper-V itself needs it.
    ///
    /// ## Exceptions
    /// Guests that never run Hyper-V inside. Where `--lifecycle` says that a guest is never migrated, saved or snapshotted
    /// the finding is information; it is an error where one of these is stated, or was seen.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-reenlightenment`
    /// - QEMU `target/i386/machine.c:hyperv_reenlightenment_post_load`
    "dom-reenlightenment-no-frequency" on Domain {
        summary: "a guest with Hyper-V inside cannot migrate, as its TSC frequency is not fixed",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(reenlightenment) = xml.enlightened("reenlightenment") else { return Ok(vec![]) };
    if xml.tsc_frequency().is_some() || !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let at = reenlightenment.at;
    let found = RULE
        .found("`reenlightenment` is on and the TSC's frequency is not fixed")
        .saw("features/hyperv/reenlightenment@state", "on", domain.place(at))
        .cure(
            "write `<timer name='tsc' frequency='…'/>` with the host's frequency from `virsh capabilities`",
            Effect::GuestRestart,
            Risk::Manual,
        );
    let found = domain.lacks(found, "clock/timer[tsc]@frequency", at);
    Ok(vec![domain.lifecycle.judge(found, WRITES_STATE, Severity::Error)])
}
