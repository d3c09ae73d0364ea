//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The HPET is taken from a BSD, Solaris or illumos guest that has no driver for KVM's clock:
    /// `<timer name='hpet' present='no'/>`.
    ///
    /// ## Why it matters
    /// Without a clock from KVM the HPET is the best counter that such a guest has. What is left is the ACPI timer, whose
    /// 24 bits go round in 4.7 s, so that a guest which does not run for longer loses time, or the i8254, which needs every
    /// tick. virt-install and most recipes take the HPET away, for guests that do not need it.
    ///
    /// ## What to do
    /// Remove the line, shut the guest down and start it. An invariant TSC (`<feature policy='require' name='invtsc'/>`)
    /// serves as well, where the guest trusts it.
    ///
    /// ## Exceptions
    /// Systems with such a driver: FreeBSD from 13.1, NetBSD from 11, OpenBSD from 6.5. Guests with an invariant TSC.
    ///
    /// ## References
    /// - FreeBSD `sys/dev/acpica/acpi_hpet.c` and `acpi_timer.c`; NetBSD `sys/dev/ic/hpet.c`, `sys/dev/ic/acpipmtimer.c`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-hpet-needed" on Domain {
        summary: "a guest without KVM's clock lacks the best counter that is left to it",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(present) = xml.present("hpet").filter(|present| is(Some(present), "no")) else {
        return Ok(vec![]);
    };
    if !xml.is_kvm_x86() || xml.exposes_invtsc() {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    let counts_itself = matches!(
        os.family,
        Family::Netbsd | Family::Freebsd | Family::Openbsd | Family::Solaris
    );
    if !counts_itself || !os.lacks_kvm_clock() {
        return Ok(vec![]);
    }
    let found = RULE
        .found(format!("{} has no driver for KVM's clock, and no HPET to count by", os.id))
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("remove the line", Effect::GuestRestart, Risk::Careful)
        .change(domain.remove("present", present));
    Ok(vec![domain.blame(found, "clock/timer[hpet]@present", present)])
}
