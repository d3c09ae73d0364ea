//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `no-steal-acc` on the kernel's command line.
    ///
    /// ## Why it matters
    /// The guest then no longer counts the time in which the host ran somebody else, so `steal` stays 0 and the usual
    /// cause of late ticks and jumpy NTP offsets cannot be seen. The scheduler charges that time to the guest's tasks.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvm.c:parse_no_stealacc`, `arch/arm64/kernel/paravirt.c:parse_no_stealacc`
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>: `no-steal-acc`
    "guest-no-steal-acc" on Guest {
        summary: "a kernel parameter hides steal time",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("no-steal-acc")? else { return Ok(vec![]) };
    let found = RULE.found("the guest does not count the time that the host takes from it");
    Ok(vec![guest.blame_parameter(found, parameter)])
}
