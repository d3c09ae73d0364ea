//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `ntp_tick_adj=` or `tsc_early_khz=` on the kernel's command line of a guest.
    ///
    /// ## Why it matters
    /// Both set the clock's rate by hand, for one host: `ntp_tick_adj` adds so many nanoseconds to each second, and
    /// `tsc_early_khz` replaces the TSC's frequency. Where kvm-clock tells that too, the kernel takes the frequency for known
    /// and does not measure it again. On another host, after a migration or in a copy of the image a clock that counts by it
    /// runs at a wrong rate.
    ///
    /// ## What to do
    /// Remove it and reboot: the time daemon finds the rate by itself.
    ///
    /// ## Exceptions
    /// `ntp_tick_adj=0` changes nothing and is not reported. kvm-clock does not count by the TSC's frequency: on a guest that
    /// reads it `tsc_early_khz` is information.
    ///
    /// ## References
    /// - Linux `kernel/time/ntp.c:ntp_tick_adj_setup`, `ntp_update_frequency`
    /// - Linux `arch/x86/kernel/tsc.c:determine_cpu_tsc_frequencies`, `arch/x86/kernel/kvmclock.c:kvm_get_tsc_khz`
    /// - <https://docs.kernel.org/admin-guide/kernel-parameters.html>: `tsc_early_khz=`
    "guest-clock-rate-param" on Guest {
        summary: "a kernel parameter sets the clock's rate by hand",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let mut found = vec![];
    for (name, what) in
        [("ntp_tick_adj", "the clock's rate"), ("tsc_early_khz", "the TSC's frequency")]
    {
        let Some(parameter) = guest.parameter(name)? else { continue };
        if parameter.value.as_deref() == Some("0") {
            continue;
        }
        let aside = name == "tsc_early_khz" && guest.clocksource.current.get()? == "kvm-clock";
        let finding = RULE
            .found(format!("`{parameter}` sets {what} by hand"))
            .severity(if aside { Severity::Info } else { Severity::Warning })
            .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
        found.push(guest.blame_parameter(finding, parameter));
    }
    Ok(found)
}
