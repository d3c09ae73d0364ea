//! The clock that a guest's kernel reads.

use kvmtime_wire::klog::Event;

use super::{Hypervisor, Machine};
use crate::fact::Unknown;

impl Machine {
    /// Whether KVM runs the machine, as far as is known.
    pub fn runs_on_kvm(&self) -> bool {
        self.hypervisor.value().is_none_or(|hypervisor| *hypervisor == Hypervisor::Kvm)
    }

    /// Whether every CPU's TSC keeps its rate (`constant_tsc`) and counts on in deep sleep (`nonstop_tsc`). A guest
    /// sees both when QEMU gives it `invtsc`.
    ///
    /// # Errors
    /// Why the CPU's flags are not known.
    pub fn tsc_is_invariant(&self) -> Result<bool, Unknown> {
        let cpu = self.cpu.get()?;
        Ok(cpu.has("constant_tsc") && cpu.has("nonstop_tsc"))
    }

    /// Whether this clocksource is known to be the one in use.
    pub fn reads(&self, clocksource: &str) -> bool {
        self.clocksource.current.value().is_some_and(|current| current == clocksource)
    }

    /// RHEL 5 and older on x86-64 keep time outside the clocksource layer, whose files always say `jiffies`.
    pub fn hides_its_clocksource(&self) -> bool {
        self.os.value().is_some_and(|os| os.is_rhel() && os.before(&[6]))
            && self.arch.value().is_none_or(|arch| arch == "x86_64")
    }

    /// Whether the kernel offers kvm-clock: by sysfs or, where that hides it, by the kernel's log.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn has_kvm_clock(&self) -> Result<bool, Unknown> {
        if self.hides_its_clocksource() {
            return Ok(!self.logs.kernel.lines(|event| *event == Event::KvmClock)?.is_empty());
        }
        Ok(self.clocksource.available.get()?.iter().any(|name| name == "kvm-clock"))
    }
}
