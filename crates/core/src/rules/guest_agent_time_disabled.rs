//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The host gives the guest a channel for the QEMU guest agent, and the agent does not run or refuses
    /// `guest-set-time`.
    ///
    /// ## Why it matters
    /// After a pause or a restore the guest is behind, and `virsh domtime`, OpenStack and KubeVirt set its clock
    /// through the agent's `guest-set-time`. They fail.
    ///
    /// ## What to do
    /// Install and start `qemu-guest-agent`, or take `guest-set-time` off `--block-rpcs` (`block-rpcs` in
    /// `/etc/qemu/qemu-ga.conf`; older agents call it `blacklist`). The agent needs `/sbin/hwclock` too.
    ///
    /// ## Exceptions
    /// A guest without the channel: the host does not use the agent.
    ///
    /// ## References
    /// - QEMU `qga/qapi-schema.json`: `guest-set-time`; `qga/main.c`: `block-rpcs`
    /// - libvirt `src/qemu/qemu_driver.c:qemuDomainSetTime`
    /// - <https://www.qemu.org/docs/master/interop/qemu-ga.html>
    "guest-agent-time-disabled" on Guest {
        summary: "the host cannot set the guest's clock through the agent",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let Some(agent) = guest.agent.optional()?.filter(|agent| agent.channel) else {
        return Ok(vec![]);
    };
    let found = if !agent.running {
        RULE.found("the host offers a channel for the guest agent, and no agent runs").cure(
            "install `qemu-guest-agent` and start it",
            Effect::Live,
            Risk::Safe,
        )
    } else if agent.blocked.iter().any(|command| command == "guest-set-time") {
        RULE.found("the guest agent refuses `guest-set-time`").cure(
            "take `guest-set-time` off the agent's `block-rpcs` and restart it",
            Effect::Live,
            Risk::Safe,
        )
    } else {
        return Ok(vec![]);
    };
    Ok(vec![found.saw_fact("qemu-ga", &guest.agent, |agent| {
        match (agent.running, agent.blocked.as_slice()) {
            (false, _) => "does not run".to_owned(),
            (true, []) => "runs".to_owned(),
            (true, blocked) => format!("runs; refuses: {}", blocked.join(" ")),
        }
    })])
}
