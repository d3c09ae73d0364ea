//! See [`RULE`].

use crate::facts::{Facts, Machine, Windows};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The rate of Windows' performance counter is that of an emulated timer: 3 579 545 Hz is the ACPI PM timer, 100 MHz
    /// QEMU's HPET, 14 318 180 Hz the HPET of a chipset, 1 193 182 Hz the PIT.
    ///
    /// ## Why it matters
    /// Each read of the counter, and Windows reads it all the time, leaves the guest for KVM or QEMU, and reads of several
    /// CPUs wait for each other. With Hyper-V's reference counter or an invariant TSC they stay in the guest; the rate is
    /// 10 MHz then, or the TSC's.
    ///
    /// ## What to do
    /// Give the domain `hypervclock` (`dom-hypervclock-missing`), and take `useplatformclock` off the boot entry
    /// (`win-useplatformclock`).
    ///
    /// ## Exceptions
    /// Windows XP and Server 2003, for which the PM timer is the right one, have no better.
    ///
    /// ## References
    /// - <https://learn.microsoft.com/en-us/windows/win32/sysinfo/acquiring-high-resolution-time-stamps>
    /// - QEMU `include/hw/timer/hpet.h`, `HPET_CLK_PERIOD`
    /// - Hyper-V Top Level Functional Specification, "Partition Reference Counter": 10 MHz
    "win-qpc-source" on Windows {
        summary: "Windows' performance counter is an emulated timer",
        severity: Info,
        since: "0.1.0",
    }
}

const EMULATED: [(u64, &str); 4] = [
    (3_579_545, "the ACPI PM timer"),
    (100_000_000, "QEMU's HPET"),
    (14_318_180, "an HPET"),
    (1_193_182, "the PIT"),
];

fn check(guest: &Machine, windows: &Windows, facts: &Facts) -> Verdict {
    let hz = windows.qpc_hz.get()?;
    let Some((_, timer)) = EMULATED.iter().find(|(rate, _)| rate == hz) else { return Ok(vec![]) };
    if !guest.os.get()?.uses_hyperv_clock() {
        return Ok(vec![]);
    }
    let forced = windows.boot.value().is_some_and(|boot| boot.is_on("useplatformclock") == Ok(true));
    let given = facts.domain_of(guest).is_ok_and(|domain| domain.xml.has_hyperv_clock());
    let (cure, effect) = match (forced, given) {
        (true, _) => ("take `useplatformclock` off the boot entry: see win-useplatformclock", Effect::GuestReboot),
        (false, true) => ("shut the guest down and start it, so that it gets its `hypervclock`", Effect::GuestRestart),
        (false, false) => ("give the domain `<timer name='hypervclock' present='yes'/>`", Effect::GuestRestart),
    };
    Ok(vec![RULE
        .found(format!("Windows reads time from {timer}"))
        .saw_fact("QueryPerformanceFrequency, Hz", &windows.qpc_hz, |hz| *hz)
        .cure(cure, effect, Risk::Careful)])
}
