//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Finding;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `clocksource=` on the kernel's command line pins a slow or untrustworthy clock: an emulated timer (`hpet`,
    /// `acpi_pm`), counted ticks (`jiffies`, `pit`), or a TSC that the CPU does not call invariant.
    ///
    /// ## Why it matters
    /// The kernel's own choice is the best clock of the machine it boots on. The parameter overrides it, and travels
    /// with the image to hosts that its author did not think of.
    ///
    /// ## What to do
    /// Remove it: `grubby --update-kernel=ALL --remove-args=clocksource=…`, or edit `/etc/default/grub` and make
    /// `grub.cfg` anew. Reboot.
    ///
    /// ## Exceptions
    /// `clocksource=tsc` with `constant_tsc` and `nonstop_tsc` visible, `clocksource=kvm-clock`, and names that the
    /// kernel does not know, which it passes over. RHEL 5 on 32-bit x86 without kvm-clock needs `acpi_pm`.
    ///
    /// ## References
    /// - Linux `kernel/time/clocksource.c:boot_override_clocksource`
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>: `clocksource=`
    "guest-clocksource-forced" on Guest {
        summary: "a kernel parameter pins a slow or untrustworthy clock",
        severity: Warning,
        since: "0.1.0",
    }
}

const SLOW: [&str; 4] = ["hpet", "acpi_pm", "jiffies", "pit"];

fn check(guest: &Machine, _: &Facts) -> Verdict {
    if !guest.is_x86()? {
        return Ok(vec![]);
    }
    let Some(parameter) = guest.parameter("clocksource")? else { return Ok(vec![]) };
    let name = parameter.value.as_deref().unwrap_or_default();
    let found: Finding = match name {
        "acpi_pm" if guest.prescribes("clocksource=acpi_pm")? => return Ok(vec![]),
        name if SLOW.contains(&name) => {
            RULE.found(format!("the kernel is told to read time from `{name}`"))
        }
        "tsc" if !guest.tsc_is_invariant()? && guest.runs_on_kvm()? => {
            RULE.found("the kernel is told to read time from a TSC that is not invariant")
                .saw("CPU flags", "not both of constant_tsc and nonstop_tsc", guest.cpu.from())
        }
        _ => return Ok(vec![]),
    };
    let found = found.saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
    Ok(vec![guest.blame_parameter(found, parameter)])
}
