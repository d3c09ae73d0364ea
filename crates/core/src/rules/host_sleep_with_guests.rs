//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::lifecycle::Happening;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Guests run on a host that may suspend (its sleep targets are not masked), or that has suspended since it booted.
    ///
    /// ## Why it matters
    /// kvm-clock counts from the host's boot, sleep included: a guest that keeps time by it leaps over the gap, timers
    /// and watchdogs with it. Where a deep sleep starts the host's TSC anew, KVM lets the guests' TSC go on where it
    /// stopped: a guest that keeps time by `tsc` is behind by the whole sleep until somebody steps it. KVM then also
    /// gives up the master clock of every VM that exists, for as long as that VM runs.
    ///
    /// ## What to do
    /// On a server: `systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target`. On a laptop: set
    /// every guest after waking up, with a script in `/usr/lib/systemd/system-sleep/` that calls
    /// `virsh domtime DOMAIN --now`, or let the guests' chronyd step at any time (`makestep 1 -1`).
    ///
    /// ## Exceptions
    /// On a server that has not slept yet this is only worth a note, and nothing where `--lifecycle` leaves `host-sleeps`
    /// out.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:kvm_arch_enable_virtualization_cpu` (`kvm_arch_hardware_enable` before 6.12),
    ///   `get_kvmclock_base_ns`
    /// - systemd-suspend.service(8), systemd.special(7)
    /// - <https://chrony-project.org/doc/4.6/chrony.conf.html>, `makestep`
    "host-sleep-with-guests" on Host {
        summary: "the host may suspend while guests run",
        severity: Warning,
        since: "0.1.0",
    }
}

/// Chassis types that are carried about: portable, laptop, notebook, sub notebook, tablet, convertible, detachable
/// (SMBIOS 7.4.1).
const PORTABLE: [u32; 7] = [8, 9, 10, 14, 30, 31, 32];

fn check(host: &Machine, facts: &Facts) -> Verdict {
    let power = &host.power;
    let can = power.sleep_states.optional()?.is_some_and(|states| !states.is_empty());
    if !can || !guests_run(host, facts)? {
        return Ok(vec![]);
    }
    let log = &host.logs.kernel;
    let slept = log.lines(|event| *event == Event::ResumedFromSleep).unwrap_or_default();
    // No systemd: nothing there suspends a machine by itself.
    if slept.is_empty() && power.sleep_masked.optional()?.is_none_or(|masked| *masked) {
        return Ok(vec![]);
    }
    if slept.is_empty() && host.lifecycle.rules_out(&[Happening::HostSleeps]) {
        return Ok(vec![]);
    }
    let portable = power.chassis_type.value().is_some_and(|chassis| PORTABLE.contains(chassis));
    let (message, severity) = match (slept.is_empty(), portable) {
        (false, _) => ("the host has suspended since it booted, and guests run on it", Severity::Warning),
        (true, true) => ("guests run on a portable that may suspend", Severity::Warning),
        (true, false) => ("guests run on a host that may suspend", Severity::Info),
    };
    let cure = if portable {
        "set the guests' clocks after waking up: `virsh domtime DOMAIN --now` in a system-sleep script"
    } else {
        "`systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target`"
    };
    Ok(vec![
        RULE.found(message)
            .severity(severity)
            .saw_lines(log, &slept)
            .saw_fact("sleep states", &power.sleep_states, |states| states.join(" "))
            .saw_fact("sleep targets masked", &power.sleep_masked, |masked| *masked)
            .saw_fact("chassis type", &power.chassis_type, |chassis| *chassis)
            .cure(cure, Effect::Live, Risk::Safe),
    ])
}

fn guests_run(host: &Machine, facts: &Facts) -> Result<bool, Unknown> {
    if !facts.qemus.is_empty() {
        return Ok(true);
    }
    Ok(host.libvirt.running_vcpus.optional()?.is_some_and(|vcpus| *vcpus > 0))
}
