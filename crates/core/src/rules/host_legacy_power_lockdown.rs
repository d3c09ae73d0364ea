//! See [`RULE`].

use kvmtime_wire::cmdline::Parameter;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The kernel's command line keeps the host's CPUs out of deep idle (`processor.max_cstate=1`,
    /// `intel_idle.max_cstate=1`, `idle=poll`, `idle=halt`) although their TSC is constant and never stops.
    ///
    /// ## Why it matters
    /// Old guides ask for this to keep guests' clocks right on CPUs without `constant_tsc`. With `constant_tsc` and
    /// `nonstop_tsc` the TSC counts on in any idle state, so the parameters do nothing for the time. They cost
    /// power, and turbo frequencies for the busy CPUs.
    ///
    /// ## What to do
    /// Remove them. If guests need fast wake-ups, let tuned's `virtual-host` bound the idle states' latency instead.
    ///
    /// ## Exceptions
    /// Hosts run for latency, with tuned's `latency-performance`, `network-latency`, `cpu-partitioning…`,
    /// `realtime…` or OpenShift's `openshift-node-performance…`. A pinned frequency is not reported: tuned's
    /// `virtual-host` sets the governor `performance` as well. `intel_idle.max_cstate=0` alone is not either: it leaves
    /// idling to ACPI's driver, deep states included.
    ///
    /// ## References
    /// - RHEL 7 Virtualization Deployment and Administration Guide, chapter 8, KVM Guest Timing Management
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 3.9 TSC feature bits
    /// - <https://docs.kernel.org/admin-guide/pm/cpuidle.html>
    /// - tuned `profiles/virtual-host/tuned.conf`
    "host-legacy-power-lockdown" on Host {
        summary: "the host's CPUs are kept from idling for a TSC that does not need it",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let line = host.cmdline.get()?;
    let locks: Vec<&Parameter> = line.0.iter().filter(|parameter| is_lock(parameter)).collect();
    if locks.iter().all(|lock| only_changes_driver(lock)) {
        return Ok(vec![]);
    }
    if !host.tsc_is_invariant()? || host.power.tuned_is(is_for_latency)? {
        return Ok(vec![]);
    }
    let words: Vec<String> = locks.iter().map(|lock| format!("`{lock}`")).collect();
    let words = words.join(", ");
    let found = RULE
        .found(format!("the kernel keeps the CPUs from idling ({words}), which this host's time does not need"))
        .saw("CPU flags", "constant_tsc nonstop_tsc", host.cpu.from())
        .cure(
            format!("take {words} off the kernel's command line"),
            Effect::HostReboot,
            Risk::Careful,
        );
    Ok(vec![locks.iter().fold(found, |found, lock| {
        found
            .saw("kernel parameter", lock, host.cmdline.from())
            .change(Change::drop_parameter(lock))
    })])
}

fn is_lock(parameter: &Parameter) -> bool {
    let value = parameter.value.as_deref().unwrap_or_default();
    match parameter.name.as_str() {
        "processor.max_cstate" | "intel_idle.max_cstate" => {
            value.parse::<u32>().is_ok_and(|depth| depth <= 1)
        }
        "idle" => matches!(value, "poll" | "halt"),
        _ => false,
    }
}

/// `intel_idle.max_cstate=0` hands over to acpi_idle, which `processor.max_cstate=` then limits
/// (Linux Documentation/admin-guide/kernel-parameters.txt).
fn only_changes_driver(lock: &Parameter) -> bool {
    lock.name == "intel_idle.max_cstate" && lock.value.as_deref() == Some("0")
}

fn is_for_latency(profile: &str) -> bool {
    matches!(profile, "latency-performance" | "network-latency")
        || ["cpu-partitioning", "realtime", "openshift-node-performance"]
            .iter()
            .any(|name| profile.starts_with(name))
}
