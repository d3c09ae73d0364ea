//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `clock=pmtmr`, `clock=pit`, `clock=hpet` or `clock=tsc` on the kernel's command line.
    ///
    /// ## Why it matters
    /// It is the name that `clocksource=` had before 2.6.18, and advice from the time before paravirtual clocks. Newer
    /// kernels warn and still obey: `clock=pmtmr` pins `acpi_pm`, which is slow to read.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// RHEL 4, SLES 9 and 10 have no better clock. Elsewhere the finding is a warning while the named clock is in use,
    /// else information.
    ///
    /// ## References
    /// - Linux `kernel/time/clocksource.c:boot_override_clock`
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>: `clock=`
    "guest-legacy-clock-param" on Guest {
        summary: "a kernel parameter from before 2.6.18 chooses the clock",
        severity: Info,
        since: "0.1.0",
    }
}

/// What may be asked for, and the clocksource that comes of it.
const NAMES: [(&str, &str); 4] =
    [("pmtmr", "acpi_pm"), ("pit", "pit"), ("hpet", "hpet"), ("tsc", "tsc")];

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("clock")? else { return Ok(vec![]) };
    let given = parameter.value.as_deref().unwrap_or_default();
    let Some((_, clocksource)) = NAMES.iter().find(|(name, _)| *name == given) else {
        return Ok(vec![]);
    };
    let needs_it = match guest.kernel.value() {
        // RHEL 4 has 2.6.9, SLES 10 has 2.6.16.
        Some(_) => guest.kernel_before(&[2, 6, 18]),
        None => {
            let os = guest.os.get()?;
            os.is_rhel() && os.before(&[5]) || os.name == "sles" && os.before(&[11])
        }
    };
    if needs_it {
        return Ok(vec![]);
    }
    let pinned = *clocksource != "tsc" && guest.reads(clocksource);
    let found = if pinned {
        RULE.found(format!("`{parameter}` makes the guest read time from `{clocksource}`"))
            .severity(Severity::Warning)
    } else {
        RULE.found(format!("`{parameter}` is the old name of `clocksource=`"))
    };
    let found = found.saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
    Ok(vec![guest.blame_parameter(found, parameter)])
}
