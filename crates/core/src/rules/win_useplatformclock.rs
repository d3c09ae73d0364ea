//! See [`RULE`].

use crate::fact::{Unknown, Why};
use crate::facts::{Facts, Machine, Windows};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The boot entry of the running Windows has `useplatformclock`, `useplatformtick` or `tscsyncpolicy`.
    ///
    /// ## Why it matters
    /// Microsoft has them for debugging only. `useplatformclock` makes Windows read an emulated timer where it would read
    /// Hyper-V's reference counter or the TSC: each read leaves the guest for QEMU. `useplatformtick` takes the ticks from
    /// an emulated timer too, so Hyper-V's synthetic timers are of no use.
    ///
    /// ## What to do
    /// Run `bcdedit /deletevalue useplatformclock` as administrator and reboot the guest. Give its domain `hypervclock`
    /// and the synthetic timers instead: see `dom-hypervclock-missing`, `dom-stimer-missing`.
    ///
    /// ## Exceptions
    /// Red Hat told guests of RHEL 5 and 6 to set `useplatformclock`, as these hosts had no `hypervclock`. Windows up to 7
    /// and Server 2008 R2 on a domain without it may keep the setting; where the domain is not at hand it is only noted.
    ///
    /// ## References
    /// - <https://learn.microsoft.com/en-us/windows-hardware/drivers/devtest/bcdedit--set>
    /// - <https://learn.microsoft.com/en-us/windows/win32/sysinfo/acquiring-high-resolution-time-stamps>
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-time`, `hv-stimer`
    "win-useplatformclock" on Windows {
        summary: "Windows is told to use an emulated timer instead of the clock that KVM gives it",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, windows: &Windows, facts: &Facts) -> Verdict {
    let Some(boot) = windows.boot.optional()? else { return Ok(vec![]) };
    let from = windows.boot.from();
    let unclear = |why| Unknown { unknown: Why::Failed(why), from: from.to_owned() };
    let mut found = vec![];
    if boot.is_on("useplatformclock").map_err(unclear)?
        && let Some(severity) = of_clock(guest, facts)?
    {
        let message = "`useplatformclock` makes Windows read time from an emulated timer";
        found.push(remove("useplatformclock", RULE.found(message).severity(severity)));
    }
    if boot.is_on("useplatformtick").map_err(unclear)? {
        let message = "`useplatformtick` keeps Windows from taking its ticks from synthetic timers";
        found.push(remove("useplatformtick", RULE.found(message)));
    }
    let policy = boot.0.get("tscsyncpolicy");
    if policy.is_some_and(|policy| !policy.eq_ignore_ascii_case("default")) {
        let message = "`tscsyncpolicy` changes how Windows synchronises TSCs that KVM keeps in step";
        found.push(remove("tscsyncpolicy", RULE.found(message).severity(Severity::Info)));
    }
    let shown = |found: Finding| {
        let names = ["useplatformclock", "useplatformtick", "tscsyncpolicy"];
        let set = names.into_iter().filter_map(|name| Some((name, boot.0.get(name)?)));
        set.fold(found, |found, (name, value)| found.saw(name, value, from))
            .saw_fact("QueryPerformanceFrequency, Hz", &windows.qpc_hz, |hz| *hz)
    };
    Ok(found.into_iter().map(shown).collect())
}

/// How bad `useplatformclock` is; not at all where it was prescribed.
fn of_clock(guest: &Machine, facts: &Facts) -> Result<Option<Severity>, Unknown> {
    if guest.os.get()?.uses_synthetic_timers() {
        return Ok(Some(Severity::Warning));
    }
    Ok(match facts.domain_of(guest) {
        Ok(domain) => domain.xml.has_hyperv_clock().then_some(Severity::Warning),
        Err(_) => Some(Severity::Info),
    })
}

fn remove(name: &str, found: Finding) -> Finding {
    let summary = format!("run `bcdedit /deletevalue {name}` as administrator, and reboot");
    found.cure(summary, Effect::GuestReboot, Risk::Careful)
}
