//! Where it is measured, and what else goes on there.

use kvmtime_core::bench::{Conditions, Machine};
use kvmtime_wire::{cpuinfo, stat};

use crate::world;

/// The machine.
pub(super) fn machine(cpus: usize, clocksource: &str, available: &[String]) -> Machine {
    let info = cpuinfo::parse(&world::read("/proc/cpuinfo").unwrap_or_default());
    let kernel = world::read("/proc/sys/kernel/osrelease").unwrap_or_default();
    Machine {
        cpu: if info.model.is_empty() { "unknown".to_owned() } else { info.model },
        cpus,
        kernel: kernel.trim().to_owned(),
        hypervisor: kvmtime_sys::cpuid::hypervisor(),
        clocksource: clocksource.to_owned(),
        available: available.to_vec(),
    }
}

/// Counters of the kernel, to be subtracted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    steal_s: f64,
    waited_s: f64,
}

impl Before {
    /// As they are now.
    pub(super) fn now() -> Self {
        // USER_HZ is 100 on all architectures that are in use (Linux include/asm-generic/param.h).
        let steal = world::read("/proc/stat").ok().and_then(|text| stat::parse(&text).ok());
        let steal_s = steal.map_or(0.0, |time| time.steal as f64 / 100.0);
        // Documentation/scheduler/sched-stats.rst: time on a processor, time waiting for one, nanoseconds.
        let waited = world::read("/proc/thread-self/schedstat").unwrap_or_default();
        let waited = waited.split_whitespace().nth(1).and_then(|ns| ns.parse::<f64>().ok());
        Self { steal_s, waited_s: waited.unwrap_or_default() / 1e9 }
    }

    /// What went on since.
    pub(super) fn until_now(self) -> Conditions {
        let now = Self::now();
        let load = world::read("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().and_then(|load| load.parse().ok());
        Conditions {
            load: load.unwrap_or_default(),
            steal_s: now.steal_s - self.steal_s,
            waited_s: now.waited_s - self.waited_s,
        }
    }
}
