//! See [`RULE`].

use crate::fact::Fact;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Guests start with the host (libvirt's autostart, `libvirt-guests.service`), and nothing holds them back until
    /// the host's clock is synchronised.
    ///
    /// ## Why it matters
    /// A guest copies the host's time when it starts. `time-sync.target` is only a name: it waits for nothing unless
    /// `chrony-wait.service`, `systemd-time-wait-sync.service` or `ntp-wait.service` is enabled, and none is by
    /// default. `libvirt-guests.service` is ordered after the target; the daemon that autostarts domains is not.
    ///
    /// ## What to do
    /// `systemctl enable chrony-wait.service` (or the one of your time daemon), and for autostart a drop-in to
    /// `virtqemud.service`, or `libvirtd.service`, with `Wants=time-sync.target` and `After=time-sync.target` below
    /// `[Unit]`. It counts from the next boot on.
    ///
    /// ## Exceptions
    /// Where the RTC agrees with the system clock, guests start with an error of seconds at most: that is only worth a
    /// note.
    ///
    /// ## References
    /// - systemd.special(7), `time-sync.target`
    /// - libvirt `tools/libvirt-guests.service.in` (commit a9bad1a3), `src/remote/libvirtd.service.in`
    /// - chrony `examples/chrony-wait.service`
    "host-vms-start-before-timesync" on Host {
        summary: "guests start before the host's clock is right",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let autostart = host.libvirt.autostart.optional()?.map_or(&[][..], Vec::as_slice);
    let units = &host.units;
    let resumes = units.libvirt_guests_enabled.optional()?.is_some_and(|enabled| *enabled);
    if autostart.is_empty() && !resumes {
        return Ok(vec![]);
    }
    if units.time_wait_enabled.get()?.is_empty() {
        let found = RULE
            .found("guests start with the host, and nothing waits for its clock to be synchronised")
            .saw("services that wait for it", "none enabled", units.time_wait_enabled.from());
        return Ok(vec![cured(found, host)]);
    }
    if resumes && !waits(units.libvirt_guests_after.get()?) {
        return Ok(vec![cured(early("libvirt-guests.service", &units.libvirt_guests_after), host)]);
    }
    if !autostart.is_empty() && !waits(units.libvirt_daemon_after.get()?) {
        let found = early("the daemon that autostarts domains", &units.libvirt_daemon_after);
        return Ok(vec![cured(found, host)]);
    }
    Ok(vec![])
}

fn waits(after: &[String]) -> bool {
    after.iter().any(|unit| unit == "time-sync.target")
}

fn early(who: &str, after: &Fact<Vec<String>>) -> Finding {
    RULE.found(format!("{who} does not wait for `time-sync.target` before it starts guests"))
        .saw_fact("After", after, |units| units.join(" "))
}

fn cured(found: Finding, host: &Machine) -> Finding {
    let good_rtc = host.rtc.error_seconds().is_ok_and(|error| error.abs() <= 2);
    found
        .severity(if good_rtc { Severity::Info } else { Severity::Warning })
        .saw_fact("autostarted domains", &host.libvirt.autostart, |names| names.join(" "))
        .saw_fact("libvirt-guests.service", &host.units.libvirt_guests_enabled, |enabled| {
            if *enabled { "enabled" } else { "not enabled" }
        })
        .cure(
            "`systemctl enable chrony-wait.service`, and order libvirt's units after `time-sync.target`",
            Effect::HostReboot,
            Risk::Careful,
        )
}
