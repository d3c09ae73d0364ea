//! `<timer name='hpet'>`: whether there is an HPET.

use kvmtime_wire::domain::{Timer, Word};

use super::draft::{Draft, Step};
use super::timer::path;
use super::{Text, Version};

pub(super) const ON: &str =
    "an HPET, as by default: it stands still during a pause, late ticks merge into one";
pub(super) const OFF: &str = "no HPET";

/// Source: libvirt `qemu_command.c:qemuBuildMachineCommandLine`, `qemuBuildClockCommandLine`.
pub(super) fn read(draft: &mut Draft<'_>, timer: &Timer) {
    if let Some(word) = &timer.tickpolicy {
        draft.nothing(
            path("hpet", "tickpolicy"),
            word,
            "an HPET merges late ticks into one, whatever it says",
        );
    }
    let Some(word) = &timer.present else { return };
    let yes = word.value == "yes";
    if yes && let Some(message) = refused(draft) {
        draft.refuse(Step::ValidateTimers, word.at, message);
    }
    let path = path("hpet", "present");
    if !draft.domain.is_x86() {
        draft.nothing(path, word, "this machine has no HPET");
    } else if draft.versions.hpet_is_property() {
        let property = if yes { "hpet=on" } else { "hpet=off" };
        draft.machine.push(property.to_owned());
        draft.emitted(path, word, property, if yes { ON } else { OFF });
    } else if yes {
        draft.nothing(path, word, ON);
    } else {
        option(draft, path, word);
    }
}

fn refused(draft: &Draft<'_>) -> Option<&'static str> {
    let libvirt = draft.versions.libvirt;
    if libvirt >= Version(9, 2, 0) {
        let message = "unsupported configuration: hpet timer is not supported by this architecture";
        return (!draft.domain.is_x86()).then_some(message);
    }
    // libvirt 9.0 and 9.1 take a QEMU that no longer knows -no-hpet for one without HPET.
    let denied = !draft.domain.is_x86() || draft.versions.hpet_is_property();
    denied.then_some("unsupported configuration: hpet timer is not supported")
}

fn option(draft: &mut Draft<'_>, path: Text, word: &Word) {
    draft.args.push("-no-hpet".to_owned());
    draft.emitted(path, word, "-no-hpet", OFF);
    if draft.versions.qemu >= Version(9, 0, 0) {
        draft.refuse(Step::StartQemu, word.at, "-no-hpet: invalid option");
    }
}
