//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The QEMU guest agent runs and can be reached, and the guest has no `/sbin/hwclock`.
    ///
    /// ## Why it matters
    /// The agent runs it in every `guest-set-time`. Without it agents up to 7.2 refuse and leave the clock as it is; from
    /// 10.0 on they set the clock and then report an error, so that `virsh domtime` fails although it worked, and libvirt
    /// does not drop the RTC's backlog of ticks. Minimal and cloud images often lack the program.
    ///
    /// ## What to do
    /// Install it: `util-linux-extra` in Debian 13 and Ubuntu 24.04, `util-linux` elsewhere.
    ///
    /// ## Exceptions
    /// A guest without the agent's channel: the host does not use the agent.
    ///
    /// ## References
    /// - QEMU `qga/commands-linux.c`, `qga/commands-posix.c:qmp_guest_set_time`
    /// - libvirt `src/qemu/qemu_driver.c:qemuDomainSetTime`
    "guest-agent-no-hwclock" on Guest {
        summary: "the guest agent cannot set the clock without hwclock",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let reached = guest.agent.optional()?.is_some_and(|agent| agent.channel && agent.running);
    if !reached || *guest.hwclock.get()? {
        return Ok(vec![]);
    }
    Ok(vec![
        RULE.found("the guest agent runs, and `/sbin/hwclock`, which it sets the clock with, is missing")
            .saw("/sbin/hwclock", "absent", guest.hwclock.from())
            .saw_fact("qemu-ga", &guest.agent, |_| "runs")
            .cure("install hwclock (`util-linux-extra` or `util-linux`)", Effect::Live, Risk::Safe),
    ])
}
