//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::lifecycle::WRITES_STATE;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `lpj=` on the kernel's command line.
    ///
    /// ## Why it matters
    /// It replaces the kernel's own measure of its delay loop, and is right for one CPU at one frequency. On another
    /// host, or after the image was copied, the kernel's short delays are too short or too long. kvm-clock gives the
    /// right value by itself, and the parameter overrides that too.
    ///
    /// ## What to do
    /// Remove it and reboot.
    ///
    /// ## Exceptions
    /// RHEL 5.5 to 6.0 without kvm-clock, for which Red Hat prescribes it to those who know the value. Where `--lifecycle`
    /// says that the guest is never migrated or restored the finding is information.
    ///
    /// ## References
    /// - Linux `init/calibrate.c:lpj_setup`, `calibrate_delay`
    /// - Linux `arch/x86/kernel/kvmclock.c:kvm_get_preset_lpj`
    /// - Red Hat Enterprise Linux 6 Virtualization Host Configuration and Guest Installation Guide, 14.2 (note)
    "guest-lpj-stale" on Guest {
        summary: "a kernel parameter fixes the delay loop for one CPU",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(parameter) = guest.parameter("lpj")? else { return Ok(vec![]) };
    if guest.prescribes("lpj")? {
        return Ok(vec![]);
    }
    let found = RULE.found(format!("`{parameter}` fixes the kernel's delay loop for one CPU"));
    let found = guest.blame_parameter(found, parameter);
    Ok(vec![guest.lifecycle.judge(found, WRITES_STATE, RULE.severity)])
}
