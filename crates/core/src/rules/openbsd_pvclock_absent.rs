//! See [`RULE`].

use crate::facts::{Bsd, Machine, slowness};
use crate::finding::{Effect, Risk, Severity};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// OpenBSD on KVM reads time from an emulated timer, not from `pvclock0` or the TSC.
    ///
    /// ## Why it matters
    /// Each read of the HPET or of the ACPI timer leaves the guest for QEMU. The i8254 loses time with each tick that the
    /// host could not deliver.
    ///
    /// ## What to do
    /// `pvclock0` attaches where the host offers kvm-clock with its stable bit. It has quality 1500; while the host says
    /// that its TSC is not stable it has 500, below HPET and ACPI timer: cure the host then (`host-clocksource-not-tsc`).
    /// By hand: `sysctl kern.timecounter.hardware=pvclock0`, and the same line in `/etc/sysctl.conf`.
    ///
    /// ## Exceptions
    /// Other hypervisors, and emulation without KVM. OpenBSD has the driver since 6.5.
    ///
    /// ## References
    /// - OpenBSD `sys/dev/pv/pvclock.c:pvclock_match`, `pvclock_attach`; pvclock(4)
    /// - <https://github.com/golang/go/issues/29223>: the cost of reading `acpitimer0`
    "openbsd-pvclock-absent" on Bsd {
        summary: "OpenBSD reads time from an emulated timer",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, bsd: &Bsd) -> Verdict {
    let os = guest.os.get()?;
    if os.family != Family::Openbsd || !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    let counter = bsd.timecounter.get()?;
    let Some(severity) = slowness(&counter.hardware) else { return Ok(vec![]) };
    let pvclock = counter.quality(|name| name.starts_with("pvclock"));
    let chosen = counter.choice.iter().find(|(name, _)| *name == counter.hardware);
    let (cure, effect) = match pvclock {
        Some(quality) if chosen.is_some_and(|(_, own)| quality < *own) => (
            "make the host's TSC stable, so that `pvclock0` is preferred: see host-clocksource-not-tsc",
            Effect::HostReboot,
        ),
        Some(_) => ("`sysctl kern.timecounter.hardware=pvclock0`, and no other choice in /etc/sysctl.conf", Effect::Live),
        None if severity == Severity::Error && bsd.offers("acpi") => (
            "choose `acpihpet0`, else `acpitimer0`, as `kern.timecounter.hardware` in /etc/sysctl.conf",
            Effect::Live,
        ),
        None if os.before(&[6, 5]) => ("upgrade to OpenBSD 6.5 or later", Effect::GuestRestart),
        None => (
            "give the guest kvm-clock with its stable bit: see dom-kvmclock-disabled, host-clocksource-not-tsc",
            Effect::GuestRestart,
        ),
    };
    let found = RULE
        .found(format!("OpenBSD reads time from `{}`, which QEMU emulates", counter.hardware))
        .severity(severity)
        .saw_fact("operating system", &guest.os, |os| os.id.clone());
    Ok(vec![bsd.show(found).cure(cure, effect, Risk::Careful)])
}
