//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A KVM host that is a KVM guest itself keeps time by `kvm-clock`.
    ///
    /// ## Why it matters
    /// KVM builds its master clock on the TSC or on Hyper-V's TSC page, not on another kvm-clock. The guests of this
    /// host get a kvm-clock without the stable flag, which costs a system call a read, no `ptp_kvm`, and no reference
    /// TSC page for Windows.
    ///
    /// ## What to do
    /// Where `constant_tsc` and `nonstop_tsc` are visible, switch the clocksource to `tsc`. Else let the hypervisor
    /// beneath show an invariant TSC, `<feature policy='require' name='invtsc'/>` with
    /// `<timer name='tsc' frequency='…'/>`, and start this host anew; kernels since 5.1 then choose `tsc` themselves.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:gtod_is_based_on_tsc`, `arch/x86/kernel/kvmclock.c:kvmclock_init`
    /// - <https://docs.kernel.org/virt/kvm/x86/hypercalls.html>, `KVM_HC_CLOCK_PAIRING`
    "host-nested-l1-uses-kvmclock" on Host {
        summary: "a nested host keeps time by kvm-clock, so its guests get no master clock",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let current = host.clocksource.current.get()?;
    if current != "kvm-clock" {
        return Ok(vec![]);
    }
    let found = RULE
        .found("this host is a guest that keeps time by `kvm-clock`, which it cannot pass on to its own guests")
        .saw_fact("current clocksource", &host.clocksource.current, Clone::clone)
        .saw_fact("available clocksources", &host.clocksource.available, |list| list.join(" "));
    let found = match host.tsc_is_invariant() {
        Ok(visible) => found.saw("invariant TSC visible", visible, host.cpu.from()),
        Err(_) => found,
    };
    let available = &host.clocksource.available;
    let listed = available.value().is_some_and(|list| list.iter().any(|name| name == "tsc"));
    if listed && host.tsc_is_invariant() == Ok(true) {
        return Ok(vec![
            found
                .cure("switch the clocksource to `tsc`", Effect::Live, Risk::Careful)
                .change(Change::clocksource(current, "tsc")),
        ]);
    }
    Ok(vec![found.cure(
        "let the hypervisor beneath show `invtsc` with a fixed TSC frequency, and start this host anew",
        Effect::GuestRestart,
        Risk::Manual,
    )])
}
