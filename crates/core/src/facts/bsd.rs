//! What a BSD guest's kernel says of its time.

use kvmtime_wire::sysctl::{TimeDelta, Timecounter};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::finding::{Finding, Severity};

/// A guest that runs FreeBSD, NetBSD or OpenBSD.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bsd {
    /// `sysctl kern.timecounter`.
    pub timecounter: Fact<Timecounter>,
    /// `sysctl kern.clockrate`, ticks a second.
    pub hz: Fact<u32>,
    /// `kern.hz` in FreeBSD's loader.conf.
    pub loader_hz: Fact<String>,
    /// Sensors of time, `sysctl hw.sensors` of OpenBSD.
    pub time_deltas: Fact<Vec<TimeDelta>>,
    /// The sensors that ntpd.conf names.
    pub ntpd_sensors: Fact<Vec<String>>,
}

impl Bsd {
    /// The quality of the kernel's clock whose name begins so, in lower case.
    pub fn quality(&self, name: &str) -> Option<i64> {
        let such = |have: &str| have.to_lowercase().starts_with(name);
        self.timecounter.value()?.quality(such)
    }

    /// Whether the kernel has such a clock.
    pub fn offers(&self, name: &str) -> bool {
        self.quality(name).is_some()
    }

    /// Takes the clock in use and its alternatives as observations.
    #[must_use]
    pub fn show(&self, found: Finding) -> Finding {
        let list = |counter: &Timecounter| {
            let each = counter.choice.iter().map(|(name, quality)| format!("{name}({quality})"));
            each.collect::<Vec<_>>().join(" ")
        };
        found
            .saw_fact("kern.timecounter.hardware", &self.timecounter, |c| c.hardware.clone())
            .saw_fact("kern.timecounter.choice", &self.timecounter, list)
    }
}

/// How bad it is to read time from a timecounter. The i8254 has 16 bits and goes round between two ticks, so a tick that is
/// lost is lost time; `clockinterrupt` counts nothing else (FreeBSD `sys/x86/isa/clock.c:i8254_get_timecount`, NetBSD
/// `sys/kern/kern_clock.c:get_intr_timecount`). The others only cost an exit to QEMU a read.
pub fn slowness(hardware: &str) -> Option<Severity> {
    let name = hardware.to_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if begins(&["i8254", "clockinterrupt", "dummy"]) {
        Some(Severity::Error)
    } else if begins(&["hpet", "acpi"]) {
        Some(Severity::Warning)
    } else {
        None
    }
}
