//! See [`RULE`].

use kvmtime_wire::klog::{Event, LogLine};

use crate::facts::{Facts, Machine, Role};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The kernel's log says that it gave up the TSC: `Marking clocksource 'tsc' as unstable`,
    /// `Marking TSC unstable due to …`, `Clocksource tsc unstable (delta = …)`, a TSC warp between CPUs, or KVM's
    /// `SMP vm created on host with unstable TSC`.
    ///
    /// ## Why it matters
    /// On a host all guests lose the master clock and with it cheap reads and `ptp_kvm`. In a guest that reads the TSC
    /// the kernel changes to a slower clocksource. Either lasts until the next boot.
    ///
    /// ## What to do
    /// Host: boot anew to have the TSC judged anew, and if the line comes back update the firmware and see
    /// `host-tsc-unavailable`. Guest: see whether the line came with a pause, a snapshot or a migration. The watchdog then
    /// compared two clocks of which only one stood still; the TSC itself is fine, and a reboot of the guest brings it back.
    ///
    /// ## Exceptions
    /// A guest on kvm-clock reads no TSC by itself: there the line tells of a long stall of a vCPU and is only worth a
    /// note. Linux under Hyper-V marks the TSC unstable on purpose and uses Hyper-V's TSC page; with `notsc` or
    /// `tsc=unstable` it does as it was told. False alarms are known where the HPET is the one that is wrong, and on very large machines.
    ///
    /// ## References
    /// - Linux `kernel/time/clocksource.c:clocksource_watchdog`, `arch/x86/kernel/tsc.c:mark_tsc_unstable`
    /// - Linux `arch/x86/kernel/tsc_sync.c`, `arch/x86/kvm/x86.c:kvm_arch_vcpu_precreate`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>
    "log-tsc-unstable" on Machine {
        summary: "the kernel gave up the TSC",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let log = &machine.logs.kernel;
    let lines = log.lines(is_verdict)?;
    let Some(first) = lines.first() else { return Ok(vec![]) };
    let host = machine.roles.contains(&Role::Host);
    let aside = machine.reads("kvm-clock");
    let severity = match (host, aside) {
        (true, _) => Severity::Error,
        (false, true) => Severity::Info,
        (false, false) => Severity::Warning,
    };
    let cure = if host {
        "update the firmware, and boot the host without parameters that upset the TSC: see host-tsc-unavailable"
    } else {
        "reboot the guest to have the TSC judged anew, and look for a pause or overload at the time of the line"
    };
    let effect = if host { Effect::HostReboot } else { Effect::GuestReboot };
    Ok(vec![
        RULE.found(message(first))
            .severity(severity)
            .saw_lines(log, &lines)
            .saw_fact("current clocksource", &machine.clocksource.current, Clone::clone)
            .cure(cure, effect, Risk::Manual),
    ])
}

/// Reasons that are no fault of the TSC: `notsc` and `tsc=unstable` asked for it.
const WANTED: [&str; 2] = ["running on Hyper-V", "boot parameter"];

fn is_verdict(event: &Event) -> bool {
    match event {
        Event::TscWarp | Event::UnstableTscForGuests => true,
        Event::TscUnstable { reason } => !WANTED.iter().any(|wanted| reason.starts_with(wanted)),
        Event::Unstable { clocksource, .. } => clocksource.starts_with("tsc"),
        _ => false,
    }
}

fn message(line: &LogLine) -> String {
    match &line.event {
        Event::TscUnstable { reason } => format!("the kernel gave up the TSC: {reason}"),
        Event::TscWarp => "the kernel gave up the TSC: it differs from CPU to CPU".to_owned(),
        Event::UnstableTscForGuests => "KVM warns that guests' TSC is not reliable here".to_owned(),
        Event::Unstable { clocksource, delta_ns: Some(delta) } => {
            let way = if *delta < 0 { "behind" } else { "ahead of" };
            let ms = delta.unsigned_abs() / 1_000_000;
            format!("the kernel gave up `{clocksource}`, which was {ms} ms {way} its watchdog")
        }
        _ => "the kernel's watchdog gave up the TSC".to_owned(),
    }
}
