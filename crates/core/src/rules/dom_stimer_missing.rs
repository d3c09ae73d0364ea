//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};

crate::rule! {
    /// ## What it checks
    /// A Windows guest (8, Server 2012 or later) has Hyper-V's reference counter but not its synthetic timers, `<stimer
    /// state='on'/>`.
    ///
    /// ## Why it matters
    /// Some versions of Windows then set the HPET, or the RTC where there is no HPET, to fire at a high rate. That
    /// costs CPU time on the host even while the guest is idle, and its ticks can be lost.
    ///
    /// ## What to do
    /// Add `<vpindex state='on'/>`, `<synic state='on'/>` and `<stimer state='on'/>` to `<hyperv>`, shut the guest down
    /// and start it.
    ///
    /// ## Exceptions
    /// Windows 7, Server 2008 R2 and older do not use synthetic timers. A guest that nothing names is taken for a newer one.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-stimer`
    /// - <https://libvirt.org/formatdomain.html#hypervisor-features>
    "dom-stimer-missing" on Xml {
        summary: "Windows lacks Hyper-V's synthetic timers and leans on the HPET or the RTC",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain) -> Vec<Finding> {
    let xml = &domain.xml;
    let given = xml.takes_hyperv_from_host() || xml.enlightened("stimer").is_some();
    if given || !xml.has_hyperv_clock() || !xml.is_kvm_x86() {
        return vec![];
    }
    // The clock itself tells Windows where nothing names the system.
    if domain.os.value().is_some_and(|os| !os.uses_synthetic_timers()) {
        return vec![];
    }
    let found = RULE
        .found("Hyper-V's synthetic timers are off, so Windows leans on the HPET or the RTC")
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(
            "add `<vpindex state='on'/>`, `<synic state='on'/>` and `<stimer state='on'/>` to `<hyperv>`",
            Effect::GuestRestart,
            Risk::Careful,
        );
    let stimer = xml.hyperv.iter().flat_map(|hyperv| &hyperv.enlightenments);
    let state = stimer.filter(|e| e.name == "stimer").find_map(|e| e.state.as_ref());
    vec![match state {
        Some(state) => domain.blame(found, "features/hyperv/stimer@state", state),
        None => {
            let at = xml.hyperv.as_ref().map_or(xml.at, |hyperv| hyperv.at);
            domain.lacks(found, "features/hyperv/stimer", at)
        }
    }]
}
