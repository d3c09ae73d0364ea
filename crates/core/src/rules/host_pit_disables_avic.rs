//! See [`RULE`].

use crate::facts::{Domain, Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate::Irqchip;

crate::rule! {
    /// ## What it checks
    /// AVIC, AMD's hardware for interrupts of guests, is on (`kvm_amd.avic`), and domains have a PIT that replays lost
    /// ticks, as it does by default and with `tickpolicy` `delay` or `catchup`.
    ///
    /// ## Why it matters
    /// KVM has to see when the guest acknowledges a PIT tick to replay the next one, and AVIC does not tell. So it
    /// switches AVIC off for the whole guest, silently: each interrupt of a timer or a device costs an exit again.
    ///
    /// ## What to do
    /// Write `<timer name='pit' tickpolicy='discard'/>` for guests that do not count the PIT's ticks, which is every
    /// current Linux and Windows; shut them down and start them.
    ///
    /// ## Exceptions
    /// Guests that count ticks need the replay and are not counted, nor are those whose system is not known. On Intel the
    /// PIT has no such effect.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/i8254.c:kvm_pit_set_reinject`, `arch/x86/kvm/svm/svm.h`: `APICV_INHIBIT_REASON_PIT_REINJ`
    /// - QEMU `hw/i386/kvm/i8254.c`, property `lost_tick_policy`
    "host-pit-disables-avic" on Host {
        summary: "the PIT's replay of lost ticks switches AMD's AVIC off",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(host: &Machine, facts: &Facts) -> Verdict {
    if facts.domains.is_empty() {
        return Ok(vec![]);
    }
    let parameters = host.kvm.parameters.get()?;
    let Some(avic) = parameters.get("kvm_amd.avic").filter(|avic| is_on(avic)) else {
        return Ok(vec![]);
    };
    let mut replaying = Vec::new();
    let mut unknown = Ok(vec![]);
    for domain in facts.domains.iter().filter(|domain| replays(domain, facts)) {
        match domain.os.get() {
            Ok(os) if os.counts_ticks() => {}
            Ok(_) => replaying.push(domain.name.as_str()),
            Err(why) => unknown = Err(why),
        }
    }
    if replaying.is_empty() {
        return unknown;
    }
    let found = RULE
        .found(format!(
            "AVIC is on, and the PIT's replay of lost ticks switches it off for {} of the domains",
            replaying.len()
        ))
        .saw("kvm_amd.avic", avic, host.kvm.parameters.from())
        .saw("domains whose PIT replays", replaying.join(" "), "their XML")
        .cure(
            "write `<timer name='pit' tickpolicy='discard'/>` for guests that do not count ticks",
            Effect::GuestRestart,
            Risk::Careful,
        );
    Ok(vec![found])
}

fn is_on(parameter: &str) -> bool {
    matches!(parameter, "Y" | "1")
}

/// Whether the domain's PIT is in KVM and replays.
fn replays(domain: &Domain, facts: &Facts) -> bool {
    let microvm = domain.xml.machine.as_ref().is_some_and(|machine| machine.value == "microvm");
    let pit = domain.xml.is_kvm_x86() && !microvm;
    domain.translation(facts).filter(|_| pit).is_some_and(|model| {
        let policy = model.args.iter().rev().find(|arg| arg.contains("kvm-pit"));
        model.irqchip == Irqchip::Kernel && !policy.is_some_and(|arg| arg.ends_with("=discard"))
    })
}
