//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `notsc` on the kernel's command line.
    ///
    /// ## Why it matters
    /// It marks the TSC unstable, no more: kvm-clock still reads it. Where there is no kvm-clock the guest falls to an
    /// emulated timer, even if its TSC is invariant.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// Red Hat prescribes it for RHEL 5.3 and 5.4 on x86-64, and for 5.5 to 6.0 without kvm-clock. While kvm-clock is
    /// in use the parameter changes nothing, and the finding is information.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/tsc.c:notsc_setup`
    /// - Red Hat Enterprise Linux 6 Virtualization Host Configuration and Guest Installation Guide, 14.2
    "guest-notsc" on Guest {
        summary: "a kernel parameter keeps the guest from its TSC",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("notsc")? else { return Ok(vec![]) };
    if !guest.is_x86()? || guest.prescribes("notsc")? {
        return Ok(vec![]);
    }
    let found = if guest.clocksource.current.get()? == "kvm-clock" {
        RULE.found("`notsc` changes nothing while kvm-clock is in use").severity(Severity::Info)
    } else {
        RULE.found("`notsc` keeps the guest from reading time from its TSC")
    };
    let found = found.saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
    Ok(vec![guest.blame_parameter(found, parameter)])
}
