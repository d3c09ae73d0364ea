//! See [`RULE`].

use kvmtime_wire::cmdline::Parameter;
use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `tsc=reliable` or `tsc=nowatchdog` stands on the kernel's command line of a host whose TSC gives reason for
    /// doubt: the kernel's log tells of a warp or of an unstable TSC, or there is more than one socket and the CPUs
    /// lack `nonstop_tsc`.
    ///
    /// ## Why it matters
    /// The parameter mends nothing. It silences the watchdog, and `reliable` also skips the comparison of the CPUs'
    /// counters at boot and the repair of `TSC_ADJUST`. If the counters differ, time jumps when a task moves from one
    /// CPU to another, in the host and in every guest.
    ///
    /// ## What to do
    /// Take the parameter off and let the kernel judge; it needs no watchdog anyway where the TSC is constant,
    /// nonstop and adjustable and the sockets are few.
    ///
    /// ## Exceptions
    /// tuned's `network-latency` and the profiles built on it set `tsc=reliable` on purpose: there mere doubt is only
    /// worth a note.
    ///
    /// ## References
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>, `tsc=`
    /// - Linux `arch/x86/kernel/tsc.c:tsc_setup`, `arch/x86/kernel/tsc_sync.c:check_tsc_sync_source`
    /// - tuned `profiles/network-latency/tuned.conf`
    "host-tsc-forced-reliable" on Host {
        summary: "the kernel is told to trust a TSC that gives reason for doubt",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let line = host.cmdline.get()?;
    let Some(trust) = line.all("tsc").find(|parameter| is_trust(parameter)) else {
        return Ok(vec![]);
    };
    let cpu = host.cpu.get()?;
    // The sockets of a virtual machine say nothing about the counters beneath.
    let apart = cpu.sockets > 1 && !cpu.has("nonstop_tsc") && !cpu.has("hypervisor");
    let log = &host.logs.kernel;
    let doubts = match log.lines(is_doubt) {
        Err(unknown) if !apart => return Err(unknown),
        doubts => doubts.unwrap_or_default(),
    };
    if doubts.is_empty() && !apart {
        return Ok(vec![]);
    }
    let why = if doubts.is_empty() { "may stop and has several sockets to span" } else { "the kernel's log doubts" };
    let meant = doubts.is_empty() && host.power.tuned_is(sets_reliable) == Ok(true);
    let found = RULE
        .found(format!("`{trust}` keeps the kernel from checking a TSC that {why}"))
        .severity(if meant { Severity::Info } else { Severity::Warning })
        .saw("kernel parameter", trust, host.cmdline.from())
        .saw_lines(log, &doubts)
        .saw_fact("tuned profile", &host.power.tuned_profile, Clone::clone);
    let found = if apart { found.saw("sockets", cpu.sockets, host.cpu.from()) } else { found };
    let summary = format!("take `{trust}` off the kernel's command line");
    Ok(vec![
        found
            .cure(summary, Effect::HostReboot, Risk::Careful)
            .change(Change::drop_parameter(trust)),
    ])
}

fn is_trust(parameter: &Parameter) -> bool {
    matches!(parameter.value.as_deref(), Some("reliable" | "nowatchdog"))
}

fn is_doubt(event: &Event) -> bool {
    match event {
        Event::TscWarp | Event::TscUnstable { .. } => true,
        Event::Unstable { clocksource, .. } => clocksource.starts_with("tsc"),
        _ => false,
    }
}

/// tuned's `network-latency` and what includes it.
fn sets_reliable(profile: &str) -> bool {
    profile == "network-latency"
        || profile.starts_with("cpu-partitioning")
        || profile.starts_with("realtime")
}
