//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::profile::numbers;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The TSC's frequency is fixed, `<timer name='tsc' frequency='…'/>`, and the guest does not see `invtsc`.
    ///
    /// ## Why it matters
    /// The rate is right, and the guest cannot know that it stays so. Linux keeps to kvm-clock, which is fine but not
    /// what a fixed frequency is for.
    ///
    /// ## What to do
    /// Add `<feature policy='require' name='invtsc'/>` to `<cpu>` if the guest is to use the TSC.
    ///
    /// ## Exceptions
    /// With `reenlightenment` the frequency has a purpose of its own. QEMU since 10.0 adds `invtsc` by itself to
    /// `host-passthrough` with a frequency.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvmclock.c:kvmclock_init`
    /// - QEMU `target/i386/cpu.c:x86_cpu_get_migratable_flags`
    "dom-tsc-frequency-without-invtsc" on Domain {
        summary: "the TSC's frequency is fixed, and the guest may still not trust the TSC",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some((frequency, _)) = xml.tsc_frequency() else { return Ok(vec![]) };
    let used = xml.exposes_invtsc() || xml.enlightened("reenlightenment").is_some();
    if used || !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let passthrough = is(xml.cpu.as_ref().and_then(|cpu| cpu.mode.as_ref()), "host-passthrough");
    if passthrough && xml.feature("invtsc").is_none() {
        let qemu = facts.need_host()?.libvirt.qemu_version.get()?;
        if numbers(qemu).as_slice() >= &[10][..] {
            return Ok(vec![]);
        }
    }
    let found = RULE.found("the TSC's frequency is fixed, and the guest does not see `invtsc`");
    let found = domain.blame(found, "clock/timer[tsc]@frequency", frequency).cure(
        "add `<feature policy='require' name='invtsc'/>` to `<cpu>`",
        Effect::GuestRestart,
        Risk::Manual,
    );
    Ok(vec![found])
}
