//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// More than one time daemon moves the guest's clock.
    ///
    /// ## Why it matters
    /// Each takes the other's corrections for errors of the clock and undoes them: offset and frequency swing.
    ///
    /// ## What to do
    /// Keep one. In a guest chrony suits best: it can read the host's clock and may step after a pause.
    ///
    /// ## Exceptions
    /// `chronyd -x` serves time and leaves the clock alone. The tools of VMware and VirtualBox find no time to take
    /// under KVM.
    ///
    /// ## References
    /// - adjtimex(2): there is one clock discipline in the kernel
    /// - <https://chrony-project.org/doc/latest/chronyd.html>: `-x`
    /// - <https://learn.microsoft.com/en-us/azure/virtual-machines/linux/time-sync>
    "guest-multiple-time-daemons" on Unix {
        summary: "several time daemons move the guest's clock",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let movers = guest.clock_movers()?;
    let [_, _, ..] = movers.as_slice() else { return Ok(vec![]) };
    let names: Vec<&str> = movers.iter().map(|daemon| daemon.name.as_str()).collect();
    let keep = names.iter().find(|name| **name == "chronyd").unwrap_or(&names[0]);
    let drop: Vec<&str> = names.iter().filter(|name| *name != keep).copied().collect();
    let found = RULE.found(format!("{} move the same clock", names.join(" and "))).cure(
        format!("keep {keep} and disable {}", drop.join(" and ")),
        Effect::Live,
        Risk::Careful,
    );
    Ok(vec![movers.iter().fold(found, |found, daemon| {
        found.saw("process", format!("{} {}", daemon.pid, daemon.command), guest.daemons.from())
    })])
}
