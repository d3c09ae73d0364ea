//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony reads vmclock's PTP clock in another time scale than this kernel gives it: up to Linux 6.18 it counts UTC,
    /// from 7.1 on TAI.
    ///
    /// ## Why it matters
    /// TAI is 37 s ahead of UTC. A `refclock` that is carried over to the other kernel is off by that much: chrony follows
    /// it, or finds it a falseticker beside NTP servers.
    ///
    /// ## What to do
    /// From 7.1 on write `tai` behind the `refclock`, with `leapsectz` or, from chrony 4.6 on, `leapseclist` (and keep its
    /// table current); before, leave it out.
    ///
    /// ## Exceptions
    /// Kernels 6.19 and 7.0 are not judged: which of the two they have is not settled.
    ///
    /// ## References
    /// - Linux `drivers/ptp/ptp_vmclock.c:tai_adjust`
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `refclock`, `tai`
    "guest-vmclock-time-scale" on Guest {
        summary: "chrony takes vmclock's TAI for UTC, or the other way round",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let mut found = vec![];
    let sources = guest.phc_sources()?;
    if sources.is_empty() || guest.phcs.optional()?.is_none() {
        return Ok(found);
    }
    for source in sources.into_iter().filter(|source| source.is_vmclock()) {
        let counts_tai = guest.vmclock_counts_tai()?;
        if counts_tai == source.refclock.has("tai") {
            continue;
        }
        let (message, cure) = if counts_tai {
            ("vmclock counts TAI in this kernel, and chrony takes it for UTC", "write `tai` behind the `refclock`, and set `leapsectz` (from chrony 4.6 on `leapseclist`)")
        } else {
            ("vmclock counts UTC in this kernel, and chrony takes it for TAI", "take `tai` off the `refclock`")
        };
        let finding = RULE
            .found(message)
            .blame(source.refclock)
            .saw_fact("kernel", &guest.kernel, Clone::clone)
            .saw_fact("PTP clocks", &guest.phcs, |phcs| {
                phcs.iter().map(|phc| phc.clock_name.as_str()).collect::<Vec<_>>().join(", ")
            })
            .cure(cure, Effect::Live, Risk::Careful);
        found.push(finding);
    }
    Ok(found)
}
