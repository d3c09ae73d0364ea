//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};

crate::rule! {
    /// ## What it checks
    /// The guest gets every Hyper-V enlightenment that the host has: `<hyperv mode='passthrough'>`.
    ///
    /// ## Why it matters
    /// QEMU refuses to migrate or save such a guest, because another host may offer other ones. Which clocks and timers
    /// Windows sees also changes with the host's kernel. QEMU's manual advises to use it for testing only.
    ///
    /// ## What to do
    /// List the enlightenments: `relaxed`, `vapic`, `spinlocks`, `vpindex`, `runtime`, `synic`, `stimer`,
    /// `frequencies`, `tlbflush`, `ipi`, and `<timer name='hypervclock' present='yes'/>`.
    ///
    /// ## Exceptions
    /// Guests that are never migrated or saved and whose host never changes.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-passthrough`
    /// - QEMU `target/i386/kvm/kvm.c:hyperv_init_vcpu`
    /// - <https://libvirt.org/formatdomain.html#hypervisor-features>
    "dom-hv-passthrough" on Xml {
        summary: "all of the host's Hyper-V enlightenments are passed through, which forbids migration",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain) -> Vec<Finding> {
    let mode = domain.xml.hyperv.as_ref().and_then(|hyperv| hyperv.mode.as_ref());
    let Some(mode) = mode.filter(|mode| is(Some(mode), "passthrough")) else { return vec![] };
    if !domain.xml.is_kvm_x86() {
        return vec![];
    }
    let found = RULE
        .found("all of the host's Hyper-V enlightenments are passed through, so the guest cannot migrate")
        .cure(
            "list the enlightenments one by one instead of `mode='passthrough'`",
            Effect::GuestRestart,
            Risk::Manual,
        );
    vec![domain.blame(found, "features/hyperv@mode", mode)]
}
