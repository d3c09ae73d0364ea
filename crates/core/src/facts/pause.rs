//! What stops a host's guests for a while.

use kvmtime_wire::klog::Event;

use super::{Facts, Machine, Role};
use crate::finding::Evidence;

impl Facts {
    /// The host of a guest: the only other machine that is judged as one.
    pub fn host_of(&self, guest: &Machine) -> Option<&Machine> {
        let is_host = |m: &&Machine| m.roles.contains(&Role::Host) && !std::ptr::eq(*m, guest);
        let mut hosts = self.machines.iter().filter(is_host);
        hosts.next().filter(|_| hosts.next().is_none())
    }
}

impl Machine {
    /// What shows that this host stops its guests: it saves them when it shuts down, or it went to sleep.
    pub fn pauses_guests(&self) -> Option<Evidence> {
        let guests = &self.libvirt.guests;
        let enabled = self.units.libvirt_guests_enabled.value() == Some(&true);
        if enabled && guests.value().is_some_and(|guests| guests.on_shutdown == "suspend") {
            return Some(Evidence {
                what: "ON_SHUTDOWN of the host's libvirt-guests".into(),
                value: "suspend".to_owned(),
                from: guests.from().to_owned(),
            });
        }
        let log = &self.logs.kernel;
        let slept = log.value()?.iter().find(|line| line.event == Event::ResumedFromSleep)?;
        Some(Evidence {
            what: "the host's kernel log".into(),
            value: slept.text.clone(),
            from: format!("{}:{}", log.from(), slept.line),
        })
    }
}
