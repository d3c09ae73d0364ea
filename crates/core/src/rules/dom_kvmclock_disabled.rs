//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// KVM's clock is switched off, `<timer name='kvmclock' present='no'/>`, for a Linux or BSD guest that has no
    /// invariant TSC either.
    ///
    /// ## Why it matters
    /// The guest falls back to a TSC that it cannot know to be invariant, or to the HPET or the ACPI timer, each read
    /// of which leaves the guest. `ptp_kvm` needs kvm-clock and does not load.
    ///
    /// ## What to do
    /// Remove the line, shut the guest down and start it. To have the guest use the TSC, give it `invtsc` with a
    /// frequency instead: current Linux then prefers the TSC by itself.
    ///
    /// ## Exceptions
    /// Guests that see an invariant TSC, and those that do not read KVM's clock, such as Windows.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildCpuCommandLine`
    /// - Linux `arch/x86/kernel/kvmclock.c:kvmclock_init`
    /// - Linux `drivers/ptp/ptp_kvm_x86.c:kvm_arch_ptp_init`
    "dom-kvmclock-disabled" on Domain {
        summary: "KVM's clock is switched off, and the guest has no invariant TSC",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let settings = domain.translation(facts).map_or(&[][..], |model| &model.settings);
    // libvirt passes on every one, and QEMU keeps the last.
    let mut clocks = settings.iter().filter(|s| s.path == "clock/timer[kvmclock]@present");
    let Some(present) = clocks.next_back().filter(|last| last.yields("kvmclock=off")) else {
        return Ok(vec![]);
    };
    let present = &present.word();
    if !xml.is_kvm_x86() || xml.exposes_invtsc() || !domain.os.get()?.reads_kvm_clock() {
        return Ok(vec![]);
    }
    let found = RULE
        .found("KVM's clock is switched off, and the guest sees no invariant TSC")
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("remove `<timer name='kvmclock' present='no'/>`", Effect::GuestRestart, Risk::Careful)
        .change(domain.rewrite("present", present, "yes"));
    Ok(vec![domain.blame(found, "clock/timer[kvmclock]@present", present)])
}
