//! `/dev/kvm`: what KVM can do for a guest's clock.

use std::io;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

use kvm_ioctls::{Cap, Kvm};

/// Linux `include/uapi/linux/kvm.h`; kvm-ioctls has no name for one, and off x86 none for the other.
const KVM_CAP_REINJECT_CONTROL: u64 = 24;
const KVM_CAP_VM_TSC_CONTROL: u64 = 214;

/// The answers of one `/dev/kvm`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers {
    /// `KVM_CAP_ADJUST_CLOCK`.
    pub adjust_clock: i32,
    /// `KVM_CAP_TSC_CONTROL`.
    pub tsc_control: i32,
    /// `KVM_CAP_VM_TSC_CONTROL`.
    pub vm_tsc_control: i32,
    /// `KVM_CAP_REINJECT_CONTROL`.
    pub reinject_control: i32,
    /// `KVM_CAP_TSC_DEADLINE_TIMER`.
    pub tsc_deadline_timer: i32,
    /// `KVM_CAP_STEAL_TIME`.
    pub steal_time: i32,
    /// `KVM_GET_TSC_KHZ` of a scratch vCPU.
    pub tsc_khz: Option<u32>,
    /// Flags of `KVM_GET_CLOCK` of a scratch VM.
    pub clock_flags: Option<u32>,
}

/// Asks an open `/dev/kvm`; opened read-only is enough, since no memory of a vCPU is mapped. The scratch VM has no memory,
/// never runs, and is gone when this returns.
///
/// # Errors
/// When the file is no KVM.
pub fn ask(device: OwnedFd) -> io::Result<Answers> {
    // SAFETY: the descriptor is open and handed over; `Kvm` closes it.
    let kvm = unsafe { Kvm::from_raw_fd(device.into_raw_fd()) };
    // KVM_API_VERSION has been 12 since Linux 2.6.22 and stays so (Documentation/virt/kvm/api.rst 4.1).
    if kvm.get_api_version() != 12 {
        return Err(io::Error::other("does not answer as KVM"));
    }
    let scratch = scratch(&kvm);
    Ok(Answers {
        adjust_clock: kvm.check_extension_int(Cap::AdjustClock),
        tsc_control: kvm.check_extension_int(Cap::TscControl),
        vm_tsc_control: kvm.check_extension_raw(KVM_CAP_VM_TSC_CONTROL),
        reinject_control: kvm.check_extension_raw(KVM_CAP_REINJECT_CONTROL),
        tsc_deadline_timer: kvm.check_extension_int(Cap::TscDeadlineTimer),
        steal_time: kvm.check_extension_raw(u64::from(kvm_bindings::KVM_CAP_STEAL_TIME)),
        tsc_khz: scratch.0,
        clock_flags: scratch.1,
    })
}

#[cfg(target_arch = "x86_64")]
fn scratch(kvm: &Kvm) -> (Option<u32>, Option<u32>) {
    let Ok(vm) = kvm.create_vm() else { return (None, None) };
    let khz = vm.create_vcpu(0).and_then(|vcpu| vcpu.get_tsc_khz()).ok().filter(|khz| *khz > 0);
    (khz, vm.get_clock().ok().map(|clock| clock.flags))
}

#[cfg(not(target_arch = "x86_64"))]
fn scratch(_: &Kvm) -> (Option<u32>, Option<u32>) {
    (None, None)
}
