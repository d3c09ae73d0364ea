//! See [`RULE`].

use crate::facts::{Domain, Facts, Machine};
use crate::finding::{Effect, Evidence, Risk, Severity};
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
    /// Nothing is wrong until the guest is stopped: a warning only where it is seen that this host saves its guests when it
    /// shuts down, or that it went to sleep. Guests that correct themselves, with a `ptp_kvm` reference clock or chrony's `makestep 1 -1`. DOS has no agent.
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

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let dos = domain.os.value().is_some_and(|os| os.family == Family::Dos);
    if xml.agent.is_some() || dos || !xml.is_qemu() {
        return Ok(vec![]);
    }
    let found = RULE.found("there is no guest agent's channel to set the guest's clock by").cure(
        "add `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>` to \
         `<devices>` and install qemu-guest-agent in the guest",
        Effect::GuestRestart,
        Risk::Careful,
    );
    let found = match facts.host().and_then(Machine::pauses_guests) {
        Some(Evidence { what, value, from }) => found.severity(Severity::Warning).saw(what, value, from),
        None => found,
    };
    let what = "devices/channel/target[org.qemu.guest_agent.0]";
    Ok(vec![domain.lacks(found, what, xml.at)])
}
