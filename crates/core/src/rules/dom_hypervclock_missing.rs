//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A Windows guest (Vista, Server 2008 or later) has no `<timer name='hypervclock' present='yes'/>`.
    ///
    /// ## Why it matters
    /// Hyper-V's reference counter is to Windows what kvm-clock is to Linux. Without it `QueryPerformanceCounter` may
    /// read the HPET or the ACPI timer, and each read leaves the guest for QEMU.
    ///
    /// ## What to do
    /// Write `<timer name='hypervclock' present='yes'/>`, and from Windows 8 and Server 2012 on the synthetic timers that
    /// go with it (`dom-stimer-missing`). Shut the guest down and start it.
    ///
    /// ## Exceptions
    /// Windows XP and Server 2003 cannot use it. It takes KVM, so guests under TCG are not reported.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-time`
    /// - <https://learn.microsoft.com/windows/win32/sysinfo/acquiring-high-resolution-time-stamps>
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-hypervclock-missing" on Domain {
        summary: "Windows lacks Hyper-V's reference counter and may read emulated timers",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    if xml.has_hyperv_clock() || !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    if !os.uses_hyperv_clock() {
        return Ok(vec![]);
    }
    let mut cure = "write `<timer name='hypervclock' present='yes'/>` into `<clock>`".to_owned();
    if os.uses_synthetic_timers() && xml.enlightened("stimer").is_none() {
        cure += ", and `vpindex`, `synic` and `stimer` with `state='on'` into `<hyperv>`";
    }
    let found = RULE
        .found("Hyper-V's reference counter is off, so Windows may read emulated timers")
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(cure, Effect::GuestRestart, Risk::Careful);
    Ok(vec![match xml.present("hypervclock") {
        Some(present) => domain
            .blame(found, "clock/timer[hypervclock]@present", present)
            .change(domain.rewrite("present", present, "yes")),
        None => domain.lacks(found, "clock/timer[hypervclock]@present", xml.clock_at()),
    }])
}
