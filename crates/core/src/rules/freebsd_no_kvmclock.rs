//! See [`RULE`].

use crate::facts::{Bsd, Machine, slowness};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// FreeBSD on KVM reads time from an emulated timer, not from `kvmclock` or the TSC.
    ///
    /// ## Why it matters
    /// Each read of the HPET or of the ACPI timer leaves the guest for QEMU. The i8254 is worse: it goes round between two
    /// ticks, and loses time with each tick that the host could not deliver.
    ///
    /// ## What to do
    /// Choose a better one where the kernel offers it: `sysctl kern.timecounter.hardware=kvmclock`, and the same line in
    /// `/etc/sysctl.conf`. FreeBSD has `kvmclock` since 13.1 (quality 975, above the HPET's 950 and below a TSC that is
    /// invariant and in step on all CPUs, 1000). Before that, upgrade, give the guest an invariant TSC, or leave it its
    /// HPET: without one only the ACPI timer is left.
    ///
    /// ## Exceptions
    /// Other hypervisors, and emulation without KVM.
    ///
    /// ## References
    /// - FreeBSD `sys/dev/kvm_clock/kvm_clock.c`, `KVM_CLOCK_TC_QUALITY`; kvmclock(4)
    /// - FreeBSD `sys/x86/x86/tsc.c:test_tsc`
    /// - FreeBSD `sys/x86/isa/clock.c:i8254_get_timecount`; timecounters(4)
    "freebsd-no-kvmclock" on Bsd {
        summary: "FreeBSD reads time from an emulated timer",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, bsd: &Bsd) -> Verdict {
    let os = guest.os.get()?;
    if os.name != "freebsd" || !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    let hardware = &bsd.timecounter.get()?.hardware;
    let Some(severity) = slowness(hardware) else { return Ok(vec![]) };
    // A TSC that is not known to be invariant and in step has 800 at most, below the HPET.
    let offered = |name: &str| bsd.quality(name) > bsd.quality("hpet").max(Some(900));
    let chosen = |name: &str| {
        let summary = format!("choose `{name}`: `sysctl kern.timecounter.hardware=…`, and the same in /etc/sysctl.conf");
        (summary, Effect::Live)
    };
    let better = ["kvmclock", "tsc"].into_iter().find(|name| offered(name));
    let (cure, effect) = match (better, severity) {
        (Some(name), _) => chosen(name),
        (None, Severity::Error) => chosen(if bsd.offers("hpet") { "HPET" } else { "ACPI-fast" }),
        _ if os.before(&[13, 1]) => (
            "upgrade to FreeBSD 13.1 or later, or give the guest an invariant TSC".to_owned(),
            Effect::GuestRestart,
        ),
        _ => (
            "give the guest kvm-clock: see dom-kvmclock-disabled, dom-kvm-hidden".to_owned(),
            Effect::GuestRestart,
        ),
    };
    let found = RULE
        .found(format!("FreeBSD reads time from `{hardware}`, which QEMU emulates"))
        .severity(severity)
        .saw_fact("operating system", &guest.os, |os| os.id.clone());
    Ok(vec![bsd.show(found).cure(cure, effect, Risk::Careful)])
}
