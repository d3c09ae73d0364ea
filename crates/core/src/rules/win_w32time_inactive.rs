//! See [`RULE`].

use crate::facts::{Facts, Machine, Windows};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The Windows Time service does not run, or it runs and follows no source: its own clock (`Local CMOS Clock`) or
    /// none.
    ///
    /// ## Why it matters
    /// Nothing else corrects the guest's clock: KVM has none of the time synchronisation that Hyper-V gives Windows. The
    /// clock drifts, and stays behind after every pause. Outside a domain Windows starts the service only on demand.
    ///
    /// ## What to do
    /// `sc.exe config w32time start= auto`, `net start w32time`, and peers that can be reached: `w32tm /config
    /// /manualpeerlist:"time.example.net,0x8" /syncfromflags:manual /update`. A member of a domain takes its time from the
    /// domain: `/syncfromflags:domhier`. For 1 ms (Windows 10 1607, Server 2016 and later) Microsoft's page on accurate
    /// time has the settings.
    ///
    /// ## Exceptions
    /// Guests where ntpd for Windows (the service `NTP`) runs. A service that starts on demand, runs and follows a source
    /// is in order. Windows XP and Server 2003 do not tell what the service follows.
    ///
    /// ## References
    /// - <https://learn.microsoft.com/en-us/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings>
    /// - <https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-w32t/7e80a465-f5f4-4c3c-87ef-12f76e45f8d1>
    /// - SLES 15 Virtualization Guide, "VM Guest clock settings"
    "win-w32time-inactive" on Windows {
        summary: "nothing keeps the clock of a Windows guest right",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(_: &Machine, windows: &Windows, _: &Facts) -> Verdict {
    let service = windows.w32time.get()?;
    if windows.ntpd_runs.optional()? == Some(&true) {
        return Ok(vec![]);
    }
    let message = if !service.runs {
        "the Windows Time service does not run"
    } else if windows.status.optional()?.is_some_and(|status| !status.synchronised()) {
        "the Windows Time service runs, and follows no source"
    } else {
        return Ok(vec![]);
    };
    let member = windows.domain_member.value() == Some(&true);
    let source = if member {
        "run `w32tm /config /syncfromflags:domhier /update`"
    } else {
        "name time servers with `w32tm /config /manualpeerlist:… /syncfromflags:manual /update`"
    };
    let summary = match (service.runs, service.automatic) {
        (true, _) => source.to_owned(),
        (false, true) => format!("start W32Time, and {source}"),
        (false, false) => format!("`sc.exe config w32time start= auto`, start it, and {source}"),
    };
    Ok(vec![RULE
        .found(message)
        .saw_fact("W32Time", &windows.w32time, |service| match (service.runs, service.automatic) {
            (true, true) => "runs, starts with Windows",
            (true, false) => "runs, starts on demand",
            (false, true) => "stopped, starts with Windows",
            (false, false) => "stopped, does not start with Windows",
        })
        .saw_fact("source", &windows.status, |status| status.source.clone())
        .saw_fact("stratum, leap indicator", &windows.status, |status| {
            format!("{}, {}", status.stratum, status.leap)
        })
        .saw_fact("member of a domain", &windows.domain_member, |member| *member)
        .cure(summary, Effect::Live, Risk::Careful)])
}
