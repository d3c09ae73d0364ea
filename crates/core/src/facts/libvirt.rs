//! libvirt on a host.

use kvmtime_wire::capabilities::{Capabilities, Tsc};
use serde::{Deserialize, Serialize};

use super::{Happened, Machine};
use crate::fact::Fact;

/// libvirt on a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LibvirtHost {
    /// `virConnectGetLibVersion`, as `9.0.0`.
    pub version: Fact<String>,
    /// The QEMU that libvirt would start, as `7.2.22`.
    pub qemu_version: Fact<String>,
    /// `virsh capabilities`.
    pub capabilities: Fact<Capabilities>,
    /// libvirt-guests' settings.
    pub guests: Fact<LibvirtGuests>,
    /// Lines of `/etc/libvirt/hooks` that set guests' clocks.
    pub hooks: Fact<Vec<HookLine>>,
    /// Names of domains that libvirt starts by itself.
    pub autostart: Fact<Vec<String>>,
    /// virtual CPUs of all running domains together.
    pub running_vcpus: Fact<u32>,
    /// What happened to its domains, by saved images, snapshots, states and QEMU's logs.
    pub happened: Vec<Happened>,
}

/// `/etc/default/libvirt-guests` or `/etc/sysconfig/libvirt-guests`; libvirt's defaults where a line is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibvirtGuests {
    /// `suspend` or `shutdown`.
    pub on_shutdown: String,
    /// `SYNC_TIME`.
    pub sync_time: bool,
}

/// A line of a script that libvirt runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookLine {
    /// The script.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl Machine {
    /// The host's TSC as libvirt shows it, else as KVM answers.
    pub fn tsc(&self) -> Fact<Tsc> {
        let shown = self.libvirt.capabilities.clone();
        shown.parse(|all| all.tsc.ok_or("no TSC counter is shown")).or_else(|| {
            self.kvm.device.clone().parse(|kvm| {
                let khz = kvm.tsc_khz.ok_or("KVM does not tell the TSC's frequency")?;
                let (frequency, scaling) = (u64::from(khz) * 1000, Some(kvm.tsc_control));
                Ok::<_, &str>(Tsc { frequency, scaling })
            })
        })
    }
}
