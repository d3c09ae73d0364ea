//! KVM on a host.

use std::collections::BTreeMap;

use kvmtime_wire::modprobe::ModuleOption;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// KVM on a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kvm {
    /// `/dev/kvm`.
    pub device: Fact<KvmDevice>,
    /// `/sys/module/{kvm,kvm_intel,kvm_amd}/parameters`, as `kvm.tsc_tolerance_ppm`.
    pub parameters: Fact<BTreeMap<String, String>>,
    /// What `/etc/modprobe.d` sets of them.
    pub options: Fact<Vec<ModuleOption>>,
}

/// What `/dev/kvm` answers (Linux `Documentation/virt/kvm/api.rst`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvmDevice {
    /// `KVM_CAP_ADJUST_CLOCK`: the flags that `KVM_GET_CLOCK` may return; 2 TSC stable, 4 realtime, 8 host TSC.
    pub adjust_clock: u32,
    /// `KVM_CAP_TSC_CONTROL`: the hardware can scale a guest's TSC.
    pub tsc_control: bool,
    /// `KVM_CAP_VM_TSC_CONTROL`: the frequency can be set for a whole VM.
    pub vm_tsc_control: bool,
    /// `KVM_CAP_REINJECT_CONTROL`: lost PIT ticks can be dropped or replayed at will.
    pub reinject_control: bool,
    /// `KVM_CAP_TSC_DEADLINE_TIMER`.
    pub tsc_deadline_timer: bool,
    /// `KVM_CAP_STEAL_TIME`, on x86: the host accounts run delay.
    pub steal_time: bool,
    /// `KVM_GET_TSC_KHZ` of a scratch VM; `None` when it has no answer.
    pub tsc_khz: Option<u32>,
    /// Flags of `KVM_GET_CLOCK` on a scratch VM that never ran, where bit 2 (TSC stable) may still be missing.
    pub clock_flags: Option<u32>,
}
