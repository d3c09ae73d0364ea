//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A Linux or Windows guest that reads the time from KVM has an HPET as well: there is no `<timer name='hpet'
    /// present='no'/>`, and QEMU's default is to have one.
    ///
    /// ## Why it matters
    /// QEMU emulates the HPET in user space, so each access leaves the guest for QEMU. A guest that reads kvm-clock,
    /// the TSC or Hyper-V's reference counter has no use for it as a clock, and Windows without synthetic timers may
    /// take its ticks from it.
    ///
    /// ## What to do
    /// Write `<timer name='hpet' present='no'/>`, shut the guest down and start it. Give Windows its synthetic timers
    /// first (`dom-stimer-missing`), or it turns to the RTC instead.
    ///
    /// ## Exceptions
    /// Guests without a clock from KVM: FreeBSD before 13.1, NetBSD before 11, OpenBSD before 6.5, everything under
    /// TCG. To them the HPET is the best counter there is. In Linux it also serves as watchdog of the TSC, so it does
    /// no harm there.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildMachineCommandLine`
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-stimer`
    /// - Linux `arch/x86/kernel/kvmclock.c:kvmclock_init`
    "dom-hpet-enabled" on Domain {
        summary: "the guest has an HPET that it has no use for",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let present = xml.present("hpet");
    let machine = xml.machine.as_ref().map_or("", |machine| machine.value.as_str());
    let removed = is(present, "no")
        || xml.qemu_args.iter().any(|arg| arg.value == "-no-hpet")
        || matches!(machine, "microvm" | "isapc");
    if removed || !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    let reads_kvm_clock = if os.is_linux() {
        let off = is(xml.present("kvmclock"), "no") || is(xml.kvm_hidden.as_ref(), "on");
        os.reads_kvm_clock() && !off
    } else {
        os.uses_hyperv_clock() && xml.has_hyperv_clock()
    };
    let Some(clock) = os.paravirtual_clock().filter(|_| reads_kvm_clock) else {
        return Ok(vec![]);
    };
    let found = RULE
        .found(format!("the guest has an HPET, which it has no use for: it reads {clock}"))
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(
            "write `<timer name='hpet' present='no'/>` into `<clock>`",
            Effect::GuestRestart,
            Risk::Careful,
        );
    Ok(vec![match present {
        Some(present) => domain
            .blame(found, "clock/timer[hpet]@present", present)
            .change(domain.rewrite("present", present, "no")),
        None => domain.lacks(found, "clock/timer[hpet]@present", xml.clock_at()),
    }])
}
