//! See [`RULE`].

use crate::facts::{Facts, Machine, Timex};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// No time daemon of the host follows a source. chronyd, ntpd, OpenNTPD and systemd-timesyncd are believed about
    /// themselves; the kernel's flag `STA_UNSYNC` decides where none of them can be asked, which covers `phc2sys`.
    ///
    /// ## Why it matters
    /// Guests take the host's time for the truth: their emulated RTC, `ptp_kvm` and every `guest-set-time` copy it. An
    /// error of the host becomes the error of all its guests, and it grows with the host's quartz.
    ///
    /// ## What to do
    /// Run one time daemon with three or more sources that answer: `chronyc sources`, `ntpq -pn`. With PTP, see that
    /// `phc2sys` passes the network card's clock on to `CLOCK_REALTIME`.
    ///
    /// ## Exceptions
    /// chronyd without `rtcsync`, and systemd-timesyncd where the RTC keeps local time, leave the kernel's flag set, so
    /// the flag alone contradicts neither. Cleared, it outlives its daemon: the kernel sets it again only when the
    /// maximum error has grown to 16 s, at 500 ppm after some nine hours.
    ///
    /// ## References
    /// - RHEL 7 Virtualization Deployment and Administration Guide, 8.1 Host-wide Time Synchronization
    /// - chrony `sys_timex.c:set_sync_status`, systemd `src/timesync/timesyncd-manager.c:manager_adjust_clock`
    /// - linuxptp `clockadj.c:sysclk_set_sync`
    /// - Linux `kernel/time/ntp.c:second_overflow`
    /// - adjtimex(2)
    "host-unsynchronised" on Host {
        summary: "nobody keeps the host's clock right",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    let Some(message) = host.unsynchronised()? else { return Ok(vec![]) };
    let found = host.opinions().iter().fold(RULE.found(message), |found, opinion| {
        found.saw(opinion.who, opinion.says, opinion.from.clone())
    });
    Ok(vec![kernel(found, host).cure(
        "run one time daemon, with three or more sources that answer",
        Effect::Live,
        Risk::Careful,
    )])
}

fn kernel(found: Finding, host: &Machine) -> Finding {
    let flag = |timex: &Timex| if timex.synchronised() { "synchronised" } else { "not synchronised" };
    found
        .saw_fact("kernel", &host.timex, flag)
        .saw_fact("maximum error", &host.timex, |timex| format!("{} µs", timex.maxerror_us))
}
