//! See [`RULE`].

use crate::facts::{Bsd, Machine, slowness};
use crate::finding::{Effect, Risk, Severity};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// NetBSD on KVM reads time from counted ticks (`clockinterrupt`, `i8254`), or from the ACPI timer.
    ///
    /// ## Why it matters
    /// Ticks that arrive while the host runs somebody else are lost, and with them time: the busier the host, the more, so
    /// that NTP can learn no rate. The ACPI timer's 24 bits go round in 4.7 s, and a guest that stands still for longer
    /// loses that; each read leaves the guest for QEMU.
    ///
    /// ## What to do
    /// Before NetBSD 11, which has `pvclock0`, leave the guest its HPET (no `<timer name='hpet' present='no'/>`) or give it
    /// an invariant TSC, and let the PIT replay its ticks: `<timer name='pit' tickpolicy='catchup'/>`. Choose with `sysctl
    /// -w kern.timecounter.hardware=hpet0`, and the same in `/etc/sysctl.conf`. Run a time daemon.
    ///
    /// ## Exceptions
    /// HPET, TSC and pvclock are in order. Other hypervisors, and emulation without KVM.
    ///
    /// ## References
    /// - NetBSD `sys/kern/kern_clock.c:get_intr_timecount`; `sys/arch/x86/isa/clock.c:i8254_get_timecount`; timecounter(9)
    /// - NetBSD `sys/dev/pv/pvclock.c`
    /// - QEMU `hw/i386/kvm/i8254.c`, property `lost_tick_policy`
    "netbsd-tick-loss" on Bsd {
        summary: "NetBSD keeps time by what the host may lose",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, bsd: &Bsd) -> Verdict {
    let os = guest.os.get()?;
    if os.family != Family::Netbsd || !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    let hardware = &bsd.timecounter.get()?.hardware;
    let Some(severity) = slowness(hardware).filter(|_| !hardware.starts_with("hpet")) else {
        return Ok(vec![]);
    };
    let counted = severity == Severity::Error;
    let (cure, effect) = if bsd.offers("pvclock") {
        ("`sysctl -w kern.timecounter.hardware=pvclock0`", Effect::Live)
    } else if bsd.offers("hpet") {
        ("`sysctl -w kern.timecounter.hardware=hpet0`, and the same line in /etc/sysctl.conf", Effect::Live)
    } else if counted && bsd.offers("acpi") {
        ("`sysctl -w kern.timecounter.hardware=ACPI-Fast`, and give the guest an HPET", Effect::Live)
    } else {
        ("give the guest an HPET or an invariant TSC, and its PIT `tickpolicy='catchup'`", Effect::GuestRestart)
    };
    let found = RULE
        .found(match counted {
            true => format!("NetBSD knows the time by `{hardware}`, which counts ticks"),
            false => format!("NetBSD reads time from `{hardware}`, which goes round in seconds"),
        })
        .severity(severity)
        .saw_fact("operating system", &guest.os, |os| os.id.clone());
    Ok(vec![bsd.show(found).cure(cure, effect, Risk::Careful)])
}
