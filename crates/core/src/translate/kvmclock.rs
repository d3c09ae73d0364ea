//! `<timer name='kvmclock'>`: whether the guest is offered kvm-clock.

use kvmtime_wire::domain::{Timer, Word};

use super::draft::Draft;
use super::timer::path;
use super::tsc;

/// Source: libvirt `qemu_command.c:qemuBuildCpuCommandLine`.
pub(super) fn read(draft: &mut Draft<'_>, timer: &Timer) {
    if let Some(word) = &timer.tickpolicy {
        draft.nothing(path("kvmclock", "tickpolicy"), word, "");
    }
    let Some(word) = &timer.present else { return };
    tsc::foreign(draft, "kvmclock", word);
    let property = format!("kvmclock={}", if word.value == "yes" { "on" } else { "off" });
    draft.cpu.push(property.clone());
    draft.emitted(path("kvmclock", "present"), word, property, device(draft, word));
}

fn device(draft: &Draft<'_>, word: &Word) -> &'static str {
    match (draft.domain.is_kvm(), &*word.value) {
        (false, _) => "no effect: without KVM there is no kvm-clock",
        (true, "yes") => {
            "kvm-clock, as by default: it stands still during a pause and from save to restore"
        }
        (true, _) => "no kvm-clock and no ptp_kvm: the guest needs another clock",
    }
}
