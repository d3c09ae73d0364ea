//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A CPU of the host lacks the flag `constant_tsc`.
    ///
    /// ## Why it matters
    /// The time stamp counter of such a CPU runs faster and slower with its frequency. Linux gives it up as a clock
    /// at the first change of frequency, so KVM has no master clock to share; a guest that counts TSC ticks by itself
    /// gains and loses time with the host's load.
    ///
    /// ## What to do
    /// Run guests that matter on a CPU with a constant TSC. Until then hold the frequency still with
    /// `cpupower frequency-set -g performance` (persistently in the settings of `cpupower.service`), keep the CPU out
    /// of deep idle with `processor.max_cstate=1`, and keep guests off the clocksource `tsc`.
    ///
    /// ## Exceptions
    /// A host that is a VM itself sees the flag only when its own hypervisor passes `invtsc`: see
    /// `host-nested-l1-uses-kvmclock`.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/tsc.c:time_cpufreq_notifier` and `arch/x86/kvm/x86.c:kvmclock_cpufreq_notifier`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 3.5 TSC frequency change / P-states
    /// - RHEL 7 Virtualization Deployment and Administration Guide, chapter 8, KVM Guest Timing Management
    "host-tsc-not-constant" on Host {
        summary: "the host's TSC changes its rate with the CPU's frequency",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? {
        return Ok(vec![]);
    }
    let cpu = host.cpu.get()?;
    if cpu.has("constant_tsc") || cpu.has("hypervisor") {
        return Ok(vec![]);
    }
    let cure = "use a CPU with a constant TSC; until then hold the frequency still with `cpupower frequency-set -g \
                performance` and boot with `processor.max_cstate=1`";
    Ok(vec![
        RULE.found("the host's CPUs lack `constant_tsc`, so their TSC does not run at one rate")
            .saw("CPU", &cpu.model, host.cpu.from())
            .saw("constant_tsc", "missing", host.cpu.from())
            .saw_fact("current clocksource", &host.clocksource.current, Clone::clone)
            .saw_fact("frequency governors", &host.power.governors, |all| all.join(" "))
            .cure(cure, Effect::HostReboot, Risk::Manual),
    ])
}
