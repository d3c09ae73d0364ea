//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `libvirt-guests.service` saves running guests when the host shuts down (`ON_SHUTDOWN=suspend`) and resumes them
    /// without setting their clocks (`SYNC_TIME=0`).
    ///
    /// ## Why it matters
    /// A guest that is restored goes on where it was saved: its clock is behind by as long as the host was away.
    /// libvirt corrects nothing by itself, and a time daemon that only steps at its start takes long to catch up.
    ///
    /// ## What to do
    /// `systemctl enable --now kvmtime-guard` sets guests and proves them right whenever they come back. Without it set
    /// `SYNC_TIME=1`, for guests that have an agent and an RTC which follows the host (not `track='guest'`), or
    /// `ON_SHUTDOWN=shutdown`. It counts from the next shutdown on.
    ///
    /// ## Exceptions
    /// The service is not enabled, or `kvmtime-guard.service` is. Windows guests are better set by a hook with `virsh domtime DOMAIN --now`:
    /// `SYNC_TIME=1` makes the guest read its RTC, which their agent turns into a resync with Windows' own time source.
    ///
    /// ## References
    /// - <https://libvirt.org/manpages/libvirt-guests.html>
    /// - libvirt `tools/libvirt-guests.sh.in:start` (`virsh domtime --sync`)
    /// - QEMU `qga/qapi-schema.json`, `guest-set-time`; `qga/commands-win32.c:qmp_guest_set_time`
    "host-libvirt-guests-no-sync" on Host {
        summary: "guests are saved and resumed across a host's reboot without setting their clocks",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let enabled = &host.units.libvirt_guests_enabled;
    if enabled.optional()? != Some(&true) {
        return Ok(vec![]);
    }
    if host.units.guard_enabled.optional()? == Some(&true) {
        return Ok(vec![]);
    }
    let guests = host.libvirt.guests.get()?;
    // The script saves unless the word is exactly this one.
    if guests.sync_time || guests.on_shutdown == "shutdown" {
        return Ok(vec![]);
    }
    let from = host.libvirt.guests.from();
    Ok(vec![
        RULE.found("guests are saved when the host shuts down, and resumed without setting their clocks")
            .saw("libvirt-guests.service", "enabled", enabled.from())
            .saw("ON_SHUTDOWN", &guests.on_shutdown, from)
            .saw("SYNC_TIME", 0, from)
            .cure(
                "enable kvmtime-guard, or set `SYNC_TIME=1` or `ON_SHUTDOWN=shutdown` for libvirt-guests; the first two need guest agents",
                Effect::Live,
                Risk::Safe,
            ),
    ])
}
