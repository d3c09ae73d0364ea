//! What can be known of machines, domains and QEMU processes.

mod bsd;
mod clock;
mod daemon;
mod devices;
mod directive;
mod discipline;
mod domain;
mod error;
mod fleet;
mod kernel;
mod kind;
mod kvm;
mod leap;
mod libvirt;
mod lifecycle;
mod log;
mod machine;
mod model;
mod phc;
mod power;
mod qemu;
mod rhel;
mod rtc;
pub mod servers;
mod source;
mod sources;
mod stop;
mod timex;
mod windows;

pub use bsd::{Bsd, slowness};
pub use daemon::TimeDaemon;
pub use devices::Setting;
pub use discipline::Opinion;
pub use domain::Domain;
pub use fleet::{Fleet, Group, Member};
pub use kind::{Clock, Kind};
pub use kvm::{Kvm, KvmDevice};
pub use leap::LeapPolicy;
pub use libvirt::{HookLine, LibvirtGuests, LibvirtHost};
pub use lifecycle::{Happened, Stated};
pub use machine::{
    Agent, Chrony, Clocksource, Driver, Hypervisor, LIVE, Logs, Machine, Ntp, Phc, Role, System,
    Units,
};
pub use phc::PhcSource;
pub use power::{IdleState, Power};
pub use qemu::Qemu;
pub use rtc::Rtc;
pub use source::Source;
pub use sources::{TimeSource, TimeSources};
pub use timex::Timex;
pub use windows::{RtcShows, Service, Windows, Zone};

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::fact::{Unknown, Why};

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
    /// How far off a clock may be, when somebody asks.
    #[serde(skip)]
    pub budget: Option<Budget>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            machines: vec![],
            domains: vec![],
            qemus: vec![],
            budget: None,
        }
    }
}

impl Facts {
    /// Adds what another run read.
    pub fn append(&mut self, other: Self) {
        self.machines.extend(other.machines);
        self.domains.extend(other.domains);
        self.qemus.extend(other.qemus);
    }

    /// The machine that runs these domains: the one that is judged as a host, or that is not judged at all.
    pub fn host(&self) -> Option<&Machine> {
        let runs =
            |machine: &&Machine| machine.roles.is_empty() || machine.roles.contains(&Role::Host);
        self.machines.iter().find(runs)
    }

    /// That machine, for a rule that cannot do without it.
    ///
    /// # Errors
    /// When there is no host among the machines.
    pub fn need_host(&self) -> Result<&Machine, Unknown> {
        let unknown =
            || Unknown { unknown: Why::NotCollected, from: "the host that it runs on".to_owned() };
        self.host().ok_or_else(unknown)
    }
}
