//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::lifecycle::Happening;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A guest that lives by the RTC's periodic interrupt, with `<timer name='rtc' tickpolicy='catchup'/>`, is paused at
    /// times: Windows without Hyper-V's timers (`stimer`).
    ///
    /// ## Why it matters
    /// When such a guest goes on, QEMU replays every tick of the pause, up to 28 times as fast as normal: after an hour at
    /// 64 Hz some 230,000 interrupts in two minutes. The guest is busy with nothing else, and its timers race. If its clock is
    /// set as well, but past libvirt, the replayed ticks put it ahead.
    ///
    /// ## What to do
    /// Give Windows its paravirtual timers (`hypervclock`, `synic`, `stimer`): then it leaves the RTC alone. Or drop the
    /// backlog before the guest goes on, with the QMP command `rtc-reset-reinjection`; `virsh domtime` does that too, but
    /// only when the guest runs again.
    ///
    /// ## Exceptions
    /// After a save and restore only gaps up to a minute are replayed. With `track='guest'` no ticks are due. Guests whose
    /// system is not known are skipped; Linux and the BSDs do not use the interrupt.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_coalesced_timer_update`, `RTC_REINJECT_ON_ACK_COUNT`, `get_max_clock_jump`
    /// - QEMU `docs/system/i386/hyperv.rst`, `hv-stimer`
    /// - libvirt `src/qemu/qemu_driver.c:qemuDomainSetTime`
    "dom-rtc-slew-replays-pause" on Domain {
        summary: "after a long pause the guest gets all lost ticks of the RTC at once",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(pause) = domain.lifecycle.shows(&[Happening::Paused]) else { return Ok(vec![]) };
    let Some(rtc) = xml.timer("rtc") else { return Ok(vec![]) };
    let Some(policy) = rtc.tickpolicy.as_ref().filter(|policy| policy.value == "catchup") else {
        return Ok(vec![]);
    };
    let spared = is(rtc.track.as_ref(), "guest") || xml.enlightened("stimer").is_some();
    if spared || xml.takes_hyperv_from_host() || !xml.is_x86() || !domain.os.get()?.is_windows() {
        return Ok(vec![]);
    }
    let found = RULE.found("the RTC replays all ticks of a pause to a Windows that lives by them").cure(
        "give it `hypervclock`, `synic` and `stimer`, or send `rtc-reset-reinjection` before it goes on",
        Effect::GuestRestart,
        Risk::Careful,
    );
    Ok(vec![domain.blame(found, "clock/timer[rtc]@tickpolicy", policy).showing(pause)])
}
