//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::lifecycle::WRITES_STATE;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `tsc=reliable` on the kernel's command line of a guest whose CPU does not call its TSC invariant.
    ///
    /// ## Why it matters
    /// It silences the watchdog and the test of the CPUs' TSCs against each other, and cures nothing. In a guest the
    /// watchdog compares `tsc` with kvm-clock: it would notice that the rate is wrong after a migration.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// With `constant_tsc` and `nonstop_tsc` visible newer kernels switch the watchdog off by themselves, and nothing
    /// is reported. Nor is it for Kata's micro-VMs, which do not migrate. The finding is information while the guest
    /// does not read `tsc`, where `--lifecycle` says that it is never migrated, saved or snapshotted, or while tuned's `network-latency` or a profile based on it sets the parameter.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/tsc.c:tsc_setup`, `tsc_disable_clocksource_watchdog`
    /// - tuned `profiles/network-latency/tuned.conf`
    "guest-tsc-reliable-param" on Guest {
        summary: "a kernel parameter silences the watch over a TSC that is not invariant",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let line = guest.cmdline.get()?;
    let Some(parameter) = line.all("tsc").find(|p| p.value.as_deref() == Some("reliable")) else {
        return Ok(vec![]);
    };
    // Kata's agent is started by this target (kata-containers, osbuilder).
    let kata = line.get("systemd.unit") == Some("kata-containers.target");
    if kata || !guest.is_x86()? || guest.tsc_is_invariant()? {
        return Ok(vec![]);
    }
    let by_profile = guest.power.tuned_is(|name| {
        ["network-latency", "realtime", "cpu-partitioning"].iter().any(|kind| name.starts_with(kind))
    });
    let stays = guest.lifecycle.rules_out(WRITES_STATE);
    let quiet = by_profile == Ok(true) || stays || guest.clocksource.current.get()? != "tsc";
    let found = RULE
        .found("`tsc=reliable` silences the watch over a TSC that is not invariant")
        .severity(if quiet { Severity::Info } else { Severity::Warning })
        .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone)
        .saw("CPU flags", "not both of constant_tsc and nonstop_tsc", guest.cpu.from());
    Ok(vec![guest.blame_parameter(found, parameter)])
}
