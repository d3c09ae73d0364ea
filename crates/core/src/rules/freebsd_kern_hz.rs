//! See [`RULE`].

use crate::facts::{Bsd, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `/boot/loader.conf` of a FreeBSD guest sets `kern.hz`.
    ///
    /// ## Why it matters
    /// The kernel sees that it is a guest and takes 100 ticks a second by itself, a tenth of what it takes on hardware.
    /// `kern.hz="100"` is advice from before that and does nothing; a higher value brings back the timer interrupts, each
    /// of which is an exit to the host, on every virtual CPU that is busy.
    ///
    /// ## What to do
    /// Delete the line and reboot the guest.
    ///
    /// ## Exceptions
    /// Guests that need short waits, such as traffic shaping with dummynet, may want the higher rate: allow the rule.
    ///
    /// ## References
    /// - FreeBSD `sys/kern/subr_param.c:init_param1`, `HZ_VM`
    /// - eventtimers(4)
    "freebsd-kern-hz" on Bsd {
        summary: "FreeBSD's tick rate is set by hand",
        severity: Info,
        since: "0.1.0",
    }
}

/// `HZ_VM`.
const OF_GUESTS: u32 = 100;

fn check(guest: &Machine, bsd: &Bsd) -> Verdict {
    if guest.os.get()?.name != "freebsd" {
        return Ok(vec![]);
    }
    let Some(set) = bsd.loader_hz.optional()? else { return Ok(vec![]) };
    let message = match set.parse::<u32>() {
        Ok(OF_GUESTS) => "`kern.hz` is set to what FreeBSD takes in a guest by itself".to_owned(),
        _ => format!("`kern.hz` is set to {set}, where FreeBSD takes {OF_GUESTS} in a guest by itself"),
    };
    Ok(vec![RULE
        .found(message)
        .saw_fact("kern.hz", &bsd.loader_hz, Clone::clone)
        .saw_fact("ticks a second now", &bsd.hz, |hz| *hz)
        .cure("delete `kern.hz` from loader.conf and reboot", Effect::GuestReboot, Risk::Careful)])
}
