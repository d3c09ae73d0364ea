//! See [`RULE`].

use crate::facts::{Facts, Machine, Windows};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

/// The rate of the ACPI PM timer (ACPI specification, Power Management Timer).
const PM_TIMER_HZ: u64 = 3_579_545;

crate::rule! {
    /// ## What it checks
    /// Windows XP or Server 2003 with more than one virtual CPU boots without `/usepmtimer`.
    ///
    /// ## Why it matters
    /// Its performance counter may be the TSC of whichever CPU a thread runs on, and these Windows do not make sure that
    /// the TSCs agree. Programs then see time jump back, and `ping` shows negative times.
    ///
    /// ## What to do
    /// Append `/usepmtimer` to the default entry of `C:\boot.ini` and reboot the guest.
    ///
    /// ## Exceptions
    /// Guests with one virtual CPU, and those whose performance counter is the PM timer already.
    ///
    /// ## References
    /// - <https://learn.microsoft.com/en-us/troubleshoot/windows-server/performance/programs-queryperformancecounter-function-perform-poorly>
    /// - <https://learn.microsoft.com/en-us/windows/win32/sysinfo/acquiring-high-resolution-time-stamps>: Windows XP
    /// - RHEL 6 Virtualization Host Configuration and Guest Installation Guide, 14.3
    "win-xp2003-usepmtimer" on Windows {
        summary: "an old Windows with several CPUs may read time from a TSC that jumps",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, windows: &Windows, _: &Facts) -> Verdict {
    if !matches!(guest.os.get()?.name.as_str(), "winxp" | "win2k3") {
        return Ok(vec![]);
    }
    let pm_timer = windows.qpc_hz.value() == Some(&PM_TIMER_HZ);
    if pm_timer || *windows.processors.get()? < 2 {
        return Ok(vec![]);
    }
    let entry = windows.boot_ini.get()?;
    if entry.has("/usepmtimer") {
        return Ok(vec![]);
    }
    Ok(vec![RULE
        .found("Windows may read time from the TSC of whichever CPU a thread runs on")
        .saw("default entry", &entry.text, format!("{}:{}", windows.boot_ini.from(), entry.line))
        .saw_fact("CPUs", &windows.processors, |count| *count)
        .saw_fact("QueryPerformanceFrequency, Hz", &windows.qpc_hz, |hz| *hz)
        .cure(
            "append `/usepmtimer` to that line of boot.ini and reboot the guest",
            Effect::GuestReboot,
            Risk::Careful,
        )])
}
