//! See [`RULE`].

use kvmtime_wire::cmdline::{Cmdline, Parameter};
use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `tsc` is missing from the host's `available_clocksource`.
    ///
    /// ## Why it matters
    /// The kernel offers no clocksource that it has marked unstable. The verdict lasts until the next boot, and KVM
    /// logs `SMP vm created on host with unstable TSC; guest TSC will not be reliable`: guests have neither a master
    /// clock nor a counter that they may trust, whatever CPU flags they are shown.
    ///
    /// ## What to do
    /// Take `notsc` or `tsc=unstable` off the kernel's command line if one stands there. Else the kernel's log says
    /// why (`Marking TSC unstable due to …`): update the firmware, look for CPUs whose counters are set apart, and
    /// start no guest with `invtsc` until the host has booted with a TSC that stays.
    ///
    /// ## Exceptions
    /// A host under Hyper-V that keeps time by `hyperv_clocksource_tsc_page`.
    ///
    /// ## References
    /// - Linux `kernel/time/clocksource.c:available_clocksource_show`, `arch/x86/kernel/tsc.c:mark_tsc_unstable`
    /// - Linux `arch/x86/kvm/x86.c:kvm_arch_vcpu_precreate`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 3.1 to 3.3
    "host-tsc-unavailable" on Host {
        summary: "the host's kernel has ruled the TSC out",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? {
        return Ok(vec![]);
    }
    let available = host.clocksource.available.get()?;
    let usable = ["tsc", "tsc-early", "hyperv_clocksource_tsc_page"];
    if available.iter().any(|name| usable.contains(&name.as_str())) {
        return Ok(vec![]);
    }
    let found = RULE
        .found("the kernel does not offer the TSC as a clocksource on this host")
        .saw_fact("available clocksources", &host.clocksource.available, |list| list.join(" "));
    let log = &host.logs.kernel;
    let reasons = log.lines(|event| matches!(event, Event::TscUnstable { .. } | Event::TscWarp));
    let found = found.saw_lines(log, &reasons.unwrap_or_default());
    let Some(refusal) = host.cmdline.value().and_then(refusal) else {
        let summary = "find the reason in the kernel's log (`dmesg | grep -i tsc`) and update the firmware";
        return Ok(vec![found.cure(summary, Effect::HostReboot, Risk::Manual)]);
    };
    let summary = format!("take `{refusal}` off the kernel's command line");
    Ok(vec![
        found
            .saw("kernel parameter", refusal, host.cmdline.from())
            .cure(summary, Effect::HostReboot, Risk::Careful)
            .change(Change::drop_parameter(refusal)),
    ])
}

fn refusal(line: &Cmdline) -> Option<&Parameter> {
    let unstable = line.all("tsc").find(|tsc| tsc.value.as_deref() == Some("unstable"));
    line.all("notsc").next().or(unstable)
}
