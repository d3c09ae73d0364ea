//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The host runs tuned with a profile that is made for desktops, for saving power, or for guests.
    ///
    /// ## Why it matters
    /// These profiles leave the CPUs' idle states without a limit. A timer that fires while the CPU sleeps deeply waits
    /// until it is awake, and so does the guest whose tick it is. `virtual-host` allows states that are left within
    /// 70 µs.
    ///
    /// ## What to do
    /// `tuned-adm profile virtual-host`.
    ///
    /// ## Exceptions
    /// A host without tuned, a profile of your own, a host that is a VM itself (tuned rightly chooses `virtual-guest`
    /// there), and every profile for servers: `throughput-performance`, `latency-performance`, `realtime…`,
    /// `cpu-partitioning…`.
    ///
    /// ## References
    /// - tuned `profiles/virtual-host/tuned.conf` (`force_latency`), `recommend.conf`
    /// - <https://docs.kernel.org/admin-guide/pm/cpuidle.html>
    "host-tuned-profile" on Host {
        summary: "tuned's profile is not made for a host of guests",
        severity: Info,
        since: "0.1.0",
    }
}

/// tuned's own profiles for other machines, and those that include them.
const FOR_OTHERS: [&str; 11] = [
    "balanced",
    "balanced-battery",
    "default",
    "desktop",
    "desktop-powersave",
    "laptop-ac-powersave",
    "laptop-battery-powersave",
    "powersave",
    "server-powersave",
    "spindown-disk",
    "virtual-guest",
];

fn check(host: &Machine, _: &Facts) -> Verdict {
    let Some(profile) = host.power.tuned_profile.optional()? else { return Ok(vec![]) };
    // One profile that suits makes up for others that are in force beside it.
    if host.power.tuned_is(|name| !FOR_OTHERS.contains(&name))? || profile.trim().is_empty() {
        return Ok(vec![]);
    }
    if host.cpu.get()?.has("hypervisor") {
        return Ok(vec![]);
    }
    Ok(vec![
        RULE.found(format!("tuned's profile `{profile}` is not made for a host of guests"))
            .saw("tuned profile", profile, host.power.tuned_profile.from())
            .saw_fact("idle states", &host.power.idle_states, |states| {
                let shown = states.iter().map(|state| format!("{} {} µs", state.name, state.latency_us));
                shown.collect::<Vec<_>>().join(", ")
            })
            .cure("run `tuned-adm profile virtual-host`", Effect::Live, Risk::Safe),
    ])
}
