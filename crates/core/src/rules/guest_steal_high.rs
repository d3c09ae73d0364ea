//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The share of CPU time since boot in which a virtual CPU had work and the host ran somebody else: `steal` in
    /// `/proc/stat`. Above 10 % it is a warning, above 30 % an error. The thresholds are kvmtime's own.
    ///
    /// ## Why it matters
    /// Ticks come late, guests that count them fall behind, and NTP measures its own waiting.
    ///
    /// ## What to do
    /// On the host: more CPU shares (`virsh schedinfo`), pinning (`virsh vcpupin`), or fewer guests.
    ///
    /// ## Exceptions
    /// Cloud instances with a CPU quota. An average since boot hides a bad hour, and shows a past one: look at
    /// `vmstat 1`, column `st`. Below five minutes of CPU time nothing is judged.
    ///
    /// ## References
    /// - proc(5), `/proc/stat`
    /// - Linux `arch/x86/kernel/kvm.c:kvm_steal_clock`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.1 Interrupt clocking
    "guest-steal-high" on Guest {
        summary: "the host takes much CPU time from the guest",
        severity: Warning,
        since: "0.1.0",
    }
}

const WARNING_PERCENT: f64 = 10.0;
const ERROR_PERCENT: f64 = 30.0;
/// Five minutes in ticks of `USER_HZ`, 1/100 s (proc(5)).
const ENOUGH: u64 = 5 * 60 * 100;

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let time = guest.cpu_time.get()?;
    let percent = time.steal_percent();
    if time.total < ENOUGH || percent <= WARNING_PERCENT {
        return Ok(vec![]);
    }
    Ok(vec![RULE
        .found(format!("since boot the host has taken {percent:.0} % of the guest's CPU time"))
        .severity(if percent > ERROR_PERCENT { Severity::Error } else { Severity::Warning })
        .saw_fact("steal, all CPU time (ticks since boot)", &guest.cpu_time, |time| {
            format!("{}, {}", time.steal, time.total)
        })
        .cure(
            "give the guest more CPU on its host, or move guests away",
            Effect::Live,
            Risk::Manual,
        )])
}
