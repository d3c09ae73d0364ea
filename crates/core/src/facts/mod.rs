//! What can be known of machines, domains and QEMU processes.

mod discipline;
mod domain;
mod log;
mod machine;
mod qemu;

pub use discipline::Opinion;
pub use domain::Domain;
pub use machine::{
    Agent, Chrony, Clocksource, Hypervisor, IdleState, Kvm, KvmDevice, LIVE, LibvirtGuests,
    LibvirtHost, Logs, Machine, Ntp, Phc, Power, Role, Rtc, TimeDaemon, Timex, Units,
};
pub use qemu::Qemu;

use serde::{Deserialize, Serialize};

/// The version of the shape below.
pub const SCHEMA: &str = "kvmtime.facts/1";

/// Everything that was read in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`SCHEMA`].
    pub schema: String,
    /// Machines: this one, or those that evidence was taken from.
    #[serde(default)]
    pub machines: Vec<Machine>,
    /// libvirt domains.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// QEMU command lines.
    #[serde(default)]
    pub qemus: Vec<Qemu>,
}

impl Default for Facts {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), machines: vec![], domains: vec![], qemus: vec![] }
    }
}

impl Facts {
    /// Adds what another run read.
    pub fn append(&mut self, other: Self) {
        self.machines.extend(other.machines);
        self.domains.extend(other.domains);
        self.qemus.extend(other.qemus);
    }

    /// The machine that runs these domains: the one that is judged as a host.
    pub fn host(&self) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.roles.contains(&Role::Host))
    }
}
