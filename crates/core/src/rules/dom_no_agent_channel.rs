//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::lifecycle::ALL;
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The domain has no channel for the guest agent, `org.qemu.guest_agent.0`.
    ///
    /// ## Why it matters
    /// Nothing sets a guest's clock by itself after a pause, a save and restore or a migration. The host can do so only
    /// through the agent: `virsh domtime`, `SYNC_TIME=1` of libvirt-guests, nova, oVirt, KubeVirt and `kvmtime sync`
    /// all need it.
    ///
    /// ## What to do
    /// Add `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>` to `<devices>` and
    /// install qemu-guest-agent in the guest. Where the domain has a virtio-serial controller, `virsh attach-device
    /// DOMAIN channel.xml --live --config` does it while it runs.
    ///
    /// ## Exceptions
    /// Nothing is wrong until the guest is stopped: a warning only where something shows that it is, and where
    /// `--lifecycle` says that nothing stops it, nothing is reported. Guests that correct themselves, as chrony does with
    /// `makestep 1 -1`. DOS has no agent.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_driver.c:qemuDomainSetTime`
    /// - <https://libvirt.org/formatdomain.html#channel>
    /// - QEMU `qga/qapi-schema.json`, `guest-set-time`
    "dom-no-agent-channel" on Domain {
        summary: "the host has no way to set the guest's clock after a pause",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let dos = domain.os.value().is_some_and(|os| os.family == Family::Dos);
    let pinned = domain.lifecycle.rules_out(ALL);
    if xml.agent.is_some() || dos || pinned || !xml.is_qemu() {
        return Ok(vec![]);
    }
    let found = RULE.found("there is no guest agent's channel to set the guest's clock by").cure(
        "add `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>` to \
         `<devices>` and install qemu-guest-agent in the guest",
        Effect::GuestRestart,
        Risk::Careful,
    );
    let what = "devices/channel/target[org.qemu.guest_agent.0]";
    let found = domain.lacks(found, what, xml.at);
    Ok(vec![domain.lifecycle.judge(found, ALL, Severity::Warning)])
}
