//! `<timer name='pit'>`: what becomes of the PIT's lost ticks.

use kvmtime_wire::domain::{Timer, Word};

use super::draft::{Draft, Step};
use super::timer::{element, path};
use super::{Irqchip, Text};

/// Source: libvirt `qemu_command.c:qemuBuildClockCommandLine`, `qemu_validate.c:qemuValidateDomainDefClockTimers`.
pub(super) fn read(draft: &mut Draft<'_>, timer: &Timer) {
    match &timer.tickpolicy {
        Some(word) => ticks(draft, word),
        None => emit(draft, element("pit"), &timer.name, "delay"),
    }
    if let Some(word) = &timer.present {
        draft.nothing(path("pit", "present"), word, "the PIT stays");
    }
}

fn ticks(draft: &mut Draft<'_>, word: &Word) {
    let policy = &*word.value;
    if policy == "merge" || policy == "catchup" && !draft.domain.is_x86() {
        let message = format!("unsupported configuration: unsupported pit tickpolicy '{policy}'");
        draft.refuse(Step::ValidateTimers, word.at, message);
    }
    match policy {
        "delay" | "discard" => emit(draft, path("pit", "tickpolicy"), word, policy),
        _ => draft.nothing(path("pit", "tickpolicy"), word, device(draft.irqchip(), "delay")),
    }
}

fn emit(draft: &mut Draft<'_>, path: impl Into<Text>, word: &Word, policy: &str) {
    // Only the QEMU of x86 has the device.
    if !draft.domain.is_x86() {
        return draft.nothing(path, word, "this machine has no PIT");
    }
    let argument = format!("-global kvm-pit.lost_tick_policy={policy}");
    draft.args.push(argument.clone());
    draft.emitted(path, word, argument, device(draft.irqchip(), policy));
}

/// What a policy does. Source: QEMU `hw/i386/kvm/i8254.c`, Linux `arch/x86/kvm/i8254.c`; measured on 7.2, 10.0 and 11.1.
pub(super) fn device(irqchip: Irqchip, policy: &str) -> &'static str {
    match (irqchip, policy) {
        (Irqchip::Kernel, "discard") => "PIT ticks that come late are lost",
        (Irqchip::Kernel, _) => {
            "KVM replays all late PIT ticks at once, as by default; those of a pause are lost"
        }
        (Irqchip::Split, _) => "no effect: the PIT is in QEMU, late ticks are lost",
        (Irqchip::Emulated, _) => "no effect without KVM: QEMU's PIT loses late ticks",
    }
}
