//! `<timer name='armvtimer'>`: whether ARM's virtual counter goes on while the guest is stopped.

use kvmtime_wire::domain::Timer;

use super::draft::{Draft, Step};
use super::timer::{element, path};
use super::tsc::unsupported;

/// Source: libvirt `qemu_validate.c:qemuValidateDomainDefClockTimers`, `qemu_command.c:qemuBuildCpuCommandLine`.
pub(super) fn read(draft: &mut Draft<'_>, timer: &Timer) {
    if !draft.domain.is_kvm() || !draft.is_arm_virt() {
        let message = unsupported(draft, "armvtimer");
        draft.refuse(Step::ValidateTimers, timer.name.at, message);
        draft.nothing(element("armvtimer"), &timer.name, "");
    }
    if let Some(word) = &timer.present {
        if word.value == "no" {
            let message = "unsupported configuration: The 'armvtimer' timer can't be disabled";
            draft.refuse(Step::ValidateTimers, word.at, message);
        }
        draft.nothing(path("armvtimer", "present"), word, "the timer stays");
    }
    let Some(word) = &timer.tickpolicy else { return };
    let (value, device) = match &*word.value {
        "delay" => {
            ("off", "the virtual counter stands still while the guest is stopped, as by default")
        }
        "discard" => ("on", "the virtual counter goes on while the guest is stopped"),
        policy => {
            let message = format!(
                "unsupported configuration: The 'armvtimer' timer does not support tickpolicy '{policy}'"
            );
            draft.refuse(Step::ValidateTimers, word.at, message);
            return draft.nothing(path("armvtimer", "tickpolicy"), word, "");
        }
    };
    let property = format!("kvm-no-adjvtime={value}");
    draft.cpu.push(property.clone());
    draft.emitted(path("armvtimer", "tickpolicy"), word, property, device);
}
