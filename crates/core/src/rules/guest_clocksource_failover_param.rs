//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `clocksource_failover=` on the kernel's command line.
    ///
    /// ## Why it matters
    /// Only kernels of RHEL 6 know it: without it they warn of an unstable clocksource and keep it, with it they leave
    /// it as other kernels do. It is a switch. The value that guides copy, `=acpi_pm`, is ignored, and so is the whole
    /// parameter elsewhere. The warning that asks for it speaks of `tsc` while most guests read kvm-clock.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - RHEL 6 kernel, message `Enable clocksource failover by adding clocksource_failover kernel parameter.`
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>, which does not have it
    "guest-clocksource-failover-param" on Guest {
        summary: "a kernel parameter of RHEL 6 that other kernels do not know",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("clocksource_failover")? else { return Ok(vec![]) };
    let found = RULE
        .found(format!("`{parameter}` chooses no clock: the value is ignored"))
        .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
    Ok(vec![guest.blame_parameter(found, parameter)])
}
