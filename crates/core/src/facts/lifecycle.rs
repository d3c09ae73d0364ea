//! What may happen to each guest: what somebody states, else what its host and its own logs show.

use kvmtime_wire::klog::Event;
use serde::{Deserialize, Serialize};

use super::{Facts, Machine, Role};
use crate::budget::Budget;
use crate::fact::Unknown;
use crate::finding::Evidence;
use crate::lifecycle::{Happening, Lifecycle};

/// What an administrator says of the guests, beyond what can be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stated {
    /// What may happen to them. It wins over what is seen: evidence may be old.
    pub lifecycle: Option<Lifecycle>,
    /// How far off a clock may be.
    pub budget: Option<Budget>,
}

/// Something that happened to one of a host's domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The domain's name.
    pub domain: String,
    /// What.
    pub what: Happening,
    /// What shows it.
    pub shown: Evidence,
}

impl Facts {
    /// The host of a guest: the only other machine that is judged as one, or that is not judged at all.
    pub fn host_of(&self, guest: &Machine) -> Option<&Machine> {
        let runs = |m: &&Machine| m.roles.is_empty() || m.roles.contains(&Role::Host);
        let mut hosts = self.machines.iter().filter(runs).filter(|m| !std::ptr::eq(*m, guest));
        hosts.next().filter(|_| hosts.next().is_none())
    }

    /// Takes what is stated, and settles for each guest what may happen to it.
    pub fn settle(&mut self, stated: &Stated) {
        let machines = self.machines.iter().map(|machine| self.of_machine(machine, stated));
        let machines: Vec<_> = machines.collect();
        let named = |name: &str| self.of_domain(name, stated);
        let domains: Vec<_> = self.domains.iter().map(|domain| named(&domain.name)).collect();
        let qemus: Vec<_> = self.qemus.iter().map(|qemu| named(&qemu.name)).collect();
        for (machine, lifecycle) in self.machines.iter_mut().zip(machines) {
            machine.lifecycle = lifecycle;
        }
        for (domain, lifecycle) in self.domains.iter_mut().zip(domains) {
            domain.lifecycle = lifecycle;
        }
        for (qemu, lifecycle) in self.qemus.iter_mut().zip(qemus) {
            qemu.lifecycle = lifecycle;
        }
        self.budget.clone_from(&stated.budget);
    }

    fn of_machine(&self, machine: &Machine, stated: &Stated) -> Lifecycle {
        let Some(host) = self.host_of(machine).filter(|_| stated.lifecycle.is_none()) else {
            return stated.lifecycle.clone().unwrap_or_default();
        };
        // A guest is the domain of its own name, or the only one.
        let only = match self.domains.as_slice() {
            [domain] => Some(domain.name.as_str()),
            _ => None,
        };
        let own = machine.name.value().map(String::as_str);
        let is_it = |domain: &str| Some(domain) == own || Some(domain) == only;
        let mut lifecycle = Lifecycle::seen(host.happenings(is_it));
        if only.is_none() && !host.libvirt.happened.is_empty() {
            lifecycle.unknown = machine.name.get().err();
        }
        lifecycle
    }

    fn of_domain(&self, name: &str, stated: &Stated) -> Lifecycle {
        match (&stated.lifecycle, self.host()) {
            (Some(stated), _) => stated.clone(),
            (None, Some(host)) => Lifecycle::seen(host.happenings(|domain| domain == name)),
            (None, None) => Lifecycle::default(),
        }
    }
}

impl Machine {
    /// What is known to happen to this guest that leaves its clock behind.
    ///
    /// # Errors
    /// When that depends on its clocksource, or on which of the host's domains it is, and that is not known.
    pub fn gap(&self) -> Result<Option<&Evidence>, Unknown> {
        let gap = match self.lifecycle.is_eventful() {
            true => self.lifecycle.gap(self.clocksource.current.get()?),
            false => None,
        };
        match (gap, &self.lifecycle.unknown) {
            (None, Some(unknown)) => Err(unknown.clone()),
            (gap, _) => Ok(gap),
        }
    }

    /// Whether it is stated that nothing leaves this guest's clock behind.
    pub fn is_never_behind(&self) -> bool {
        self.lifecycle.keeps(self.clocksource.current.value().map_or("", String::as_str))
    }

    /// What this host does to all its guests, and what happened to these domains.
    pub(super) fn happenings(&self, is_it: impl Fn(&str) -> bool) -> Vec<(Happening, Evidence)> {
        let of_all =
            [(Happening::Saved, self.saves_guests()), (Happening::HostSleeps, self.slept())];
        let of_all = of_all.into_iter().filter_map(|(what, shown)| Some((what, shown?)));
        let own = self.libvirt.happened.iter().filter(|happened| is_it(&happened.domain));
        own.map(|happened| (happened.what, happened.shown.clone())).chain(of_all).collect()
    }

    /// What shows that this host saves its guests when it shuts down.
    fn saves_guests(&self) -> Option<Evidence> {
        let guests = &self.libvirt.guests;
        let enabled = self.units.libvirt_guests_enabled.value() == Some(&true);
        let saves = enabled && guests.value().is_some_and(|guests| guests.on_shutdown == "suspend");
        saves.then(|| Evidence {
            what: "ON_SHUTDOWN of the host's libvirt-guests".into(),
            value: "suspend".to_owned(),
            from: guests.from().to_owned(),
        })
    }

    /// What shows that this host slept.
    fn slept(&self) -> Option<Evidence> {
        let log = &self.logs.kernel;
        let slept = log.value()?.iter().find(|line| line.event == Event::ResumedFromSleep)?;
        Some(Evidence {
            what: "the host's kernel log".into(),
            value: slept.text.clone(),
            from: format!("{}:{}", log.from(), slept.line),
        })
    }
}
