//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate::Outcome;

crate::rule! {
    /// ## What it checks
    /// The PIT drops lost ticks, `<timer name='pit' tickpolicy='discard'/>`, and the guest counts ticks.
    ///
    /// ## Why it matters
    /// A guest that knows the time by counting ticks falls behind by each one that the host could not deliver in time.
    /// How many these are depends on the load, so NTP cannot learn the rate.
    ///
    /// ## What to do
    /// Write `tickpolicy='catchup'`, shut the guest down and start it. KVM then delivers every lost tick later.
    ///
    /// ## Exceptions
    /// Guests that do not count ticks: Linux since 2.6.26, Windows, Solaris, and FreeBSD and OpenBSD, which read a counter
    /// (`freebsd-no-kvmclock` and `openbsd-pvclock-absent` tell when it is the i8254). For these `discard` is in order, and
    /// on AMD it even frees the interrupt controller's hardware acceleration (AVIC). Without KVM, and with a split interrupt
    /// chip, the setting does nothing.
    ///
    /// ## References
    /// - QEMU `hw/i386/kvm/i8254.c`, property `lost_tick_policy`
    /// - Linux `arch/x86/kvm/i8254.c:kvm_pit_set_reinject`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>
    "dom-pit-discard-tick-guest" on Domain {
        summary: "the guest counts ticks, and the PIT drops lost ones",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let settings = domain.translation(facts).map_or(&[][..], |model| &model.settings);
    // `catchup` passes no argument, and QEMU keeps the last one.
    let mut passed = settings.iter().filter(|s| s.outcome == Outcome::Emitted);
    let policy = passed.rfind(|s| s.path.starts_with("clock/timer[pit]"));
    let Some(policy) = policy.filter(|policy| policy.value == "discard") else {
        return Ok(vec![]);
    };
    let policy = &policy.word();
    if !xml.is_kvm_x86() || domain.splits_irqchip(facts) || !domain.os.get()?.counts_ticks() {
        return Ok(vec![]);
    }
    let found = RULE
        .found("the guest counts timer ticks, and the PIT drops those that it loses")
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("write `tickpolicy='catchup'`", Effect::GuestRestart, Risk::Careful)
        .change(domain.rewrite("tickpolicy", policy, "catchup"));
    Ok(vec![domain.blame(found, "clock/timer[pit]@tickpolicy", policy)])
}
