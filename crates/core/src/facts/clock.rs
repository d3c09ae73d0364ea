//! The clock that a guest's kernel reads.

use kvmtime_wire::klog::Event;

use super::{Hypervisor, Machine};
use crate::fact::Unknown;

impl Machine {
    /// Whether KVM runs the machine.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn runs_on_kvm(&self) -> Result<bool, Unknown> {
        Ok(*self.hypervisor.get()? == Hypervisor::Kvm)
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
    ///
    /// # Errors
    /// Why the system is not known, unless its kernel is too new.
    pub fn hides_its_clocksource(&self) -> Result<bool, Unknown> {
        // RHEL 5 has 2.6.18.
        if self.kernel.value().is_some() && !self.kernel_before(&[2, 6, 19]) {
            return Ok(false);
        }
        let os = self.os.get()?;
        Ok(os.is_rhel() && os.before(&[6]) && self.arch.get()? == "x86_64")
    }

    /// Whether the kernel offers kvm-clock: by sysfs or, where that hides it, by the kernel's log.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn has_kvm_clock(&self) -> Result<bool, Unknown> {
        let listed = |all: &Vec<String>| all.iter().any(|name| name == "kvm-clock");
        if self.clocksource.available.value().is_some_and(listed) {
            return Ok(true);
        }
        if self.hides_its_clocksource()? {
            return Ok(!self.logs.kernel.lines(|event| *event == Event::KvmClock)?.is_empty());
        }
        self.clocksource.available.get().map(|_| false)
    }
}
