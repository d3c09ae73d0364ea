//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// An x86 guest of KVM is not offered kvm-clock, and has no invariant TSC to make up for it.
    ///
    /// ## Why it matters
    /// What is left is a TSC that Linux cannot trust, or an emulated timer that is slow to read. `ptp_kvm` needs
    /// kvm-clock too.
    ///
    /// ## What to do
    /// Look at the domain: `<timer name='kvmclock' present='no'/>`, `<kvm><hidden state='on'/></kvm>` and Hyper-V
    /// enlightenments each take kvm-clock away (`-cpu …,kvmclock=off`, `kvm=off`, `hv-…`). Else the guest's kernel is
    /// built without `CONFIG_KVM_GUEST`.
    ///
    /// ## Exceptions
    /// Guests that read an invariant TSC or Hyper-V's TSC page keep time well without it. `no-kvmclock` on the kernel's
    /// command line has its own rule, and so have the releases of RHEL that came before kvm-clock.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvmclock.c:kvmclock_init`
    /// - <https://docs.kernel.org/virt/kvm/x86/cpuid.html>
    /// - QEMU `target/i386/cpu.c`: `kvmclock`, `kvm`
    "guest-kvmclock-unavailable" on Guest {
        summary: "a guest of KVM is not offered kvm-clock",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    if !guest.is_x86()? || guest.hides_its_clocksource() == Ok(true) || guest.kernel_before(&[2, 6, 26]) {
        return Ok(vec![]);
    }
    if guest.has_kvm_clock()? || guest.reads("hyperv_clocksource_tsc_page") {
        return Ok(vec![]);
    }
    let refused = guest.parameter("no-kvmclock")?.is_some();
    if refused || !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    guest.kernel.get()?;
    let clocksource = &guest.clocksource;
    if clocksource.current.get()? == "tsc" && guest.tsc_is_invariant()? {
        return Ok(vec![]);
    }
    Ok(vec![RULE
        .found("KVM runs this guest, and its kernel finds no kvm-clock")
        .saw_fact("available clocksources", &clocksource.available, |list| list.join(" "))
        .saw_fact("current clocksource", &clocksource.current, Clone::clone)
        .cure(
            "give the guest kvm-clock: see `kvmclock`, `hidden`, `hyperv` in its XML",
            Effect::GuestRestart,
            Risk::Manual,
        )])
}
