//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A time daemon that moves the clock runs in a container.
    ///
    /// ## Why it matters
    /// The clock belongs to the kernel, which the container shares with its machine: time namespaces cover the
    /// monotonic and the boot-time clock, not the time of day. Without `CAP_SYS_TIME` the daemon cannot move it, with
    /// it the container moves its machine's clock, against the daemon there.
    ///
    /// ## What to do
    /// Keep the clock on the machine that runs the container. A container that serves NTP runs `chronyd -x`.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - time_namespaces(7)
    /// - systemd `units/systemd-timesyncd.service.in`: `ConditionVirtualization=!container`
    /// - <https://chrony-project.org/doc/latest/chronyd.html>: `-x`
    "guest-container-time-daemon" on Guest {
        summary: "a time daemon runs in a container, whose clock is its machine's",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    if !*guest.container.get()? {
        return Ok(vec![]);
    }
    let movers = guest.clock_movers()?;
    if movers.is_empty() {
        return Ok(vec![]);
    }
    let names: Vec<&str> = movers.iter().map(|daemon| daemon.name.as_str()).collect();
    Ok(vec![RULE
        .found(format!("{} runs in a container, whose clock is its machine's", names.join(" and ")))
        .saw("time daemons", names.join(" "), guest.daemons.from())
        .saw_fact("container", &guest.container, |_| "yes")
        .cure(
            format!("disable {} in the container", names.join(" and ")),
            Effect::Live,
            Risk::Careful,
        )])
}
