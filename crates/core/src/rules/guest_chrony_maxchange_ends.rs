//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony.conf has a `maxchange` that ends chronyd, in a guest whose clock is left behind at times (`--lifecycle`, or
    /// what the host shows).
    ///
    /// ## Why it matters
    /// When the clock is off by more than `maxchange` allows, once too often, chronyd gives up and exits: after a long pause
    /// or a restore nobody keeps the guest's clock any more. `makestep` does not help, as the test comes before the step.
    ///
    /// ## What to do
    /// Take `maxchange` out, or give it -1 as its third value: then chronyd ignores such an offset and lives on, but the
    /// clock stays wrong until something else sets it.
    ///
    /// ## Exceptions
    /// A guest of which nothing is known that leaves its clock behind. Once it has happened `log-ntp-giveup` tells.
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `maxchange`
    /// - chrony `reference.c:is_offset_ok`, `REF_SetReference`
    "guest-chrony-maxchange-ends" on Unix {
        summary: "chronyd ends after a long pause of the guest",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(conf) = guest.chronyd_conf()? else { return Ok(vec![]) };
    let Some(maxchange) = conf.last("maxchange") else { return Ok(vec![]) };
    let [offset, _, ignore] = maxchange.args.as_slice() else { return Ok(vec![]) };
    if ignore.parse::<i64>().is_ok_and(|ignore| ignore < 0) {
        return Ok(vec![]);
    }
    guest.daemons.get()?;
    let Some(gap) = guest.gap()? else { return Ok(vec![]) };
    let message = format!("chronyd ends when the clock is off by more than {offset} s, as after a long pause");
    Ok(vec![
        RULE.found(message)
            .blame(maxchange)
            .showing(gap)
            .cure("take `maxchange` out of chrony.conf and restart chronyd", Effect::Live, Risk::Careful),
    ])
}
