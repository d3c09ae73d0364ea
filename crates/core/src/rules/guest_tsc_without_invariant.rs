//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::lifecycle::WRITES_STATE;
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A guest of KVM reads time from `tsc` although its CPU does not promise a TSC that keeps its rate
    /// (`constant_tsc`) and never stops (`nonstop_tsc`).
    ///
    /// ## Why it matters
    /// Linux prefers kvm-clock to such a TSC, so somebody forced it, or kvm-clock is missing. The TSC may be found
    /// unstable at any time. After a migration to a host of another frequency, without TSC scaling, the guest's clock
    /// runs at the wrong rate. kvm-clock is told the new rate, `tsc` is not.
    ///
    /// ## What to do
    /// Switch to `kvm-clock` and take `clocksource=tsc` off the kernel's command line. To keep `tsc`, give the guest an
    /// invariant one: `<feature policy='require' name='invtsc'/>` with `<timer name='tsc' frequency='…'/>`.
    ///
    /// ## Exceptions
    /// With both flags visible `tsc` is what newer kernels choose by themselves, and nothing is reported. Where
    /// `--lifecycle` says that the guest is never migrated or restored the finding is information: what is left is that
    /// the kernel may give the TSC up.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvmclock.c:kvmclock_init`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.4 Migration
    "guest-tsc-without-invariant" on Guest {
        summary: "the guest reads time from a TSC that is not invariant",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let current = guest.clocksource.current.get()?;
    if !matches!(current.as_str(), "tsc" | "tsc-early") || guest.tsc_is_invariant()? {
        return Ok(vec![]);
    }
    if !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    let found = RULE
        .found(format!("the guest reads time from `{current}`, and its TSC is not invariant"))
        .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone)
        .saw_fact("CPU flags", &guest.cpu, |cpu| {
            let flag = |name| if cpu.has(name) { "" } else { "no " };
            format!("{}constant_tsc, {}nonstop_tsc", flag("constant_tsc"), flag("nonstop_tsc"))
        });
    let found = guest.lifecycle.judge(found, WRITES_STATE, RULE.severity);
    let available = guest.clocksource.available.value();
    if !available.is_some_and(|list| list.iter().any(|name| name == "kvm-clock")) {
        let summary = "give the guest kvm-clock, or an invariant TSC (`invtsc`) with its frequency";
        return Ok(vec![found.cure(summary, Effect::GuestRestart, Risk::Careful)]);
    }
    Ok(vec![found
        .cure("switch the clocksource to `kvm-clock`", Effect::Live, Risk::Safe)
        .change(Change::clocksource(current, "kvm-clock"))])
}
