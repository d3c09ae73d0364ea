//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `divider=` on the kernel's command line.
    ///
    /// ## Why it matters
    /// It is a parameter of RHEL 4 and 5 that divides the tick rate, and the first editions of Red Hat's guides advise
    /// it for guests. Red Hat withdrew that: on RHEL 4, and on RHEL 5 before 5.8, ticks are converted wrongly, the
    /// clock drifts and the kernel can panic. From 5.8 on it gains throughput on crowded hosts and nothing for time.
    /// Other kernels do not know it.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// From RHEL 5.8 on, and elsewhere, the finding is information.
    ///
    /// ## References
    /// - Red Hat Enterprise Linux 6 Virtualization Host Configuration and Guest Installation Guide, 14.2 (warning)
    /// - Red Hat Enterprise Linux 5 Virtualization Guide, chapter 17
    /// - <https://bugzilla.redhat.com/show_bug.cgi?id=698842>
    "guest-divider" on Guest {
        summary: "a withdrawn kernel parameter divides the tick rate",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("divider")? else { return Ok(vec![]) };
    let os = guest.os.get()?;
    let drifts = os.is_rhel() && os.before(&[5, 8]);
    let found = if drifts {
        RULE.found(format!("`{parameter}` makes the clock of {} drift", os.id))
    } else {
        RULE.found(format!("`{parameter}` does nothing for the time of {}", os.id))
            .severity(Severity::Info)
    };
    let found = found.saw_fact("system", &guest.os, |os| os.id.clone());
    Ok(vec![guest.blame_parameter(found, parameter)])
}
