//! See [`RULE`].

use crate::budget::shown as shown_seconds;
use crate::facts::{Facts, Machine, Opinion};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The guest's RTC is more than two seconds away from the time that the guest's daemon keeps, by its own account of the
    /// clock's error.
    ///
    /// ## Why it matters
    /// QEMU's RTC follows the host's clock. So the host and the guest's time sources disagree: either the host's clock is
    /// wrong, or it was stepped, or the RTC stood still while the VM was stopped (`track='guest'`). A guest that boots, or
    /// that is set from the RTC (`virsh domtime --sync`, `hwclock -s`), starts with that error.
    ///
    /// ## What to do
    /// Look at the host's clock: `chronyc tracking` there. If it is right, `hwclock --systohc` in the guest.
    ///
    /// ## Exceptions
    /// The RTC is read to ±1 s. What the daemon says that it still has to correct does not count: it may be the guest that is
    /// behind, and slews. Nor does a chronyd count that has no source selected now, as after a pause. A difference that is
    /// the offset of the guest's zone is told by `guest-rtc-localtime`.
    ///
    /// ## References
    /// - QEMU `system/rtc.c:qemu_get_timedate`, `hw/rtc/mc146818rtc.c`
    /// - Linux `kernel/time/ntp.c:sync_hw_clock`; hwclock(8)
    "guest-rtc-contradicts-clock" on Guest {
        summary: "the host's clock and the guest's say different times",
        severity: Warning,
        since: "0.1.0",
    }
}

/// The RTC is read in whole seconds, to ±1 s.
const TOLERANCE_S: f64 = 2.0;
/// Zones differ from UTC by multiples of 15 minutes.
const NEAR_S: u64 = 300;

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let rtc = &guest.rtc;
    let lost = |all: &[Opinion]| !all.is_empty() && !all.iter().any(|one| one.synchronised);
    if guest.clock_movers()?.is_empty() || lost(&guest.opinions()) || rtc.device.optional()?.is_none() {
        return Ok(vec![]);
    }
    // After a pause it is the guest that is wrong, and its chronyd still tells of the time before.
    if guest.chrony.tracking.value().is_some() && !guest.chrony.follows()? {
        return Ok(vec![]);
    }
    let known = guest.clock_error()?;
    let shown = *rtc.minus_system_seconds.get()?;
    let zone = *rtc.zone_offset_seconds.get()?;
    let error = rtc.error_seconds()?;
    let in_other_scale = zone != 0 && (shown.abs_diff(0) < NEAR_S || shown.abs_diff(zone) < NEAR_S);
    if in_other_scale && error.unsigned_abs() >= NEAR_S {
        return Ok(vec![]);
    }
    // RTC − time = (RTC − clock) + (clock − time): what the daemon still has to correct is no contradiction.
    #[expect(clippy::cast_precision_loss, reason = "compared with seconds")]
    let apart = error as f64 + known.offset;
    if apart.abs() <= TOLERANCE_S + known.bound {
        return Ok(vec![]);
    }
    let side = if apart < 0.0 { "behind" } else { "ahead of" };
    let size = shown_seconds(apart.abs());
    Ok(vec![
        RULE.found(format!("the RTC is {size} {side} the time that the guest's daemon keeps"))
            .saw("RTC minus system clock", format!("{error} s"), rtc.minus_system_seconds.from())
            .saw("system clock's error", known.words(), known.from)
            .cure(
                "look at the host's clock; if it is right, `hwclock --systohc`",
                Effect::Live,
                Risk::Manual,
            ),
    ])
}
