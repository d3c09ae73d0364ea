//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The host's CPUs have `constant_tsc` but not `nonstop_tsc`, an idle state deeper than C1 is enabled, and the
    /// kernel does not keep time by the TSC.
    ///
    /// ## Why it matters
    /// A constant rate is not enough: without `nonstop_tsc` the counter stops while a CPU sleeps deeply, and the CPUs
    /// drift apart. The kernel marks the TSC unstable as soon as it finds such a state, and KVM loses its master clock.
    ///
    /// ## What to do
    /// Boot the host with `processor.max_cstate=1`. Disabling the states at run time keeps the counter running, but
    /// comes too late for the kernel: what it has marked unstable stays so until the next boot.
    ///
    /// ## Exceptions
    /// A host that keeps time by `tsc`: its kernel met no state in which the counter stops. A host under Hyper-V that
    /// reads Hyper-V's TSC page: its idle states are not the hardware's.
    ///
    /// ## References
    /// - Linux `drivers/acpi/processor_idle.c:tsc_check_state`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 3.4 TSC and C-states
    "host-tsc-not-nonstop" on Host {
        summary: "the host's TSC may stop while a CPU idles",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? || host.reads("tsc") || host.reads("hyperv_clocksource_tsc_page") {
        return Ok(vec![]);
    }
    let cpu = host.cpu.get()?;
    if !cpu.has("constant_tsc") || cpu.has("nonstop_tsc") {
        return Ok(vec![]);
    }
    // No cpuidle: the CPU only halts, which is C1.
    let Some(states) = host.power.idle_states.optional()? else { return Ok(vec![]) };
    let deep: Vec<&str> = states
        .iter()
        .filter(|state| !state.disabled && state.depth() > Some(1))
        .map(|state| state.name.as_str())
        .collect();
    if deep.is_empty() {
        return Ok(vec![]);
    }
    host.clocksource.current.get()?;
    let deep = deep.join(" ");
    Ok(vec![
        RULE.found(format!("the host's TSC may stop in the idle states `{deep}`, which are enabled"))
            .saw("nonstop_tsc", "missing", host.cpu.from())
            .saw("enabled idle states deeper than C1", deep, host.power.idle_states.from())
            .saw_fact("current clocksource", &host.clocksource.current, Clone::clone)
            .cure("boot the host with `processor.max_cstate=1`", Effect::HostReboot, Risk::Careful),
    ])
}
