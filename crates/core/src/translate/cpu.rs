//! `<cpu>`: the mode, what may migrate, and the invariant TSC.

use kvmtime_wire::domain::{Cpu, Feature, Word};

use super::Version;
use super::draft::{Draft, Step};

const MODES: [&str; 4] = ["custom", "host-model", "host-passthrough", "maximum"];
const POLICIES: [&str; 5] = ["force", "require", "optional", "disable", "forbid"];
const INCOMPATIBLE: &str = "the CPU is incompatible with host CPU";

/// Source: libvirt `cpu_conf.c:virCPUDefParseXML`, `qemu_command.c:qemuBuildCpuModelArgStr`.
pub(super) fn read(draft: &mut Draft<'_>) {
    let Some(cpu) = &draft.domain.cpu else { return };
    mode(draft, cpu);
    migratable(draft, cpu);
    if let Some(first) = cpu.features.first()
        && cpu.model.is_none()
        && mode_of(cpu) == "custom"
    {
        let message = "XML error: Non-empty feature list specified without CPU model";
        draft.refuse(Step::ParseCpu, first.at, message);
    }
    let mut seen = false;
    for flag in &cpu.features {
        feature(draft, cpu, flag, &mut seen);
    }
}

fn mode_of(cpu: &Cpu) -> &str {
    cpu.mode.as_ref().map_or("custom", |mode| &*mode.value)
}

/// Whether QEMU takes the CPU from the host, so that libvirt passes features on and compares nothing.
fn takes_all(cpu: &Cpu) -> bool {
    matches!(mode_of(cpu), "host-passthrough" | "maximum")
}

fn mode(draft: &mut Draft<'_>, cpu: &Cpu) {
    let Some(mode) = &cpu.mode else { return };
    let known = MODES.contains(&&*mode.value)
        && (mode.value != "maximum" || draft.versions.libvirt >= Version(7, 1, 0));
    if !known {
        let message = format!("unsupported configuration: Invalid mode attribute '{}'", mode.value);
        draft.refuse(Step::ParseCpu, mode.at, message);
    }
    if mode.value == "host-passthrough" && !draft.domain.is_kvm() {
        let (arch, host) = (draft.arch(), host_arch(draft));
        let message = format!(
            "unsupported configuration: CPU mode 'host-passthrough' for {arch} qemu domain on {host} host is not \
             supported by hypervisor"
        );
        draft.refuse(Step::StartCpu, mode.at, message);
    }
    // QEMU_CAPS_CPU_MIGRATABLE is an x86 property; libvirt says aloud what QEMU does by itself.
    if mode.value == "host-passthrough" && cpu.migratable.is_none() && draft.domain.is_x86() {
        draft.cpu.push("migratable=on".to_owned());
        draft.emitted("cpu@mode", mode, "migratable=on", without_invtsc(draft));
    } else {
        draft.nothing("cpu@mode", mode, "says nothing of clocks by itself");
    }
}

fn host_arch<'a>(draft: &Draft<'a>) -> &'a str {
    let arch = draft.domain.arch.as_ref().map_or("x86_64", |arch| &*arch.value);
    if draft.domain.is_x86() { "x86_64" } else { arch }
}

fn without_invtsc(draft: &Draft<'_>) -> &'static str {
    // QEMU 7.2 does not, 10.0 does: x86_cpu_get_migratable_flags.
    if draft.domain.tsc_frequency().is_some() && draft.versions.qemu >= Version(10, 0, 0) {
        "the guest sees an invariant TSC, as its frequency is fixed, and may migrate"
    } else {
        "the guest sees no invariant TSC unless the feature is required"
    }
}

fn migratable(draft: &mut Draft<'_>, cpu: &Cpu) {
    let Some(word) = &cpu.migratable else { return };
    if let Some(message) = migratable_refused(draft, cpu, word) {
        draft.refuse(Step::ParseCpu, word.at, message);
    }
    let becomes = format!("migratable={}", word.value);
    draft.cpu.push(becomes.clone());
    let device = match &*word.value {
        "on" => without_invtsc(draft),
        _ => "the guest sees an invariant TSC and can be neither migrated nor saved",
    };
    draft.emitted("cpu@migratable", word, becomes, device);
}

fn migratable_refused(draft: &Draft<'_>, cpu: &Cpu, word: &Word) -> Option<String> {
    let known = matches!(&*word.value, "on" | "off");
    if draft.versions.uniform_messages() {
        if !known {
            return Some(wrong("migratable", "cpu", &word.value));
        }
        return (!takes_all(cpu)).then(|| {
            "unsupported configuration: Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode"
                .to_owned()
        });
    }
    if mode_of(cpu) != "host-passthrough" {
        let message = "Attribute migratable is only allowed for host-passthrough CPU";
        return Some(format!("unsupported configuration: {message}"));
    }
    let message = "unsupported configuration: Invalid value in migratable attribute";
    (!known).then(|| format!("{message}: '{}'", word.value))
}

/// What libvirt says of a value that it does not know. Source: libvirt `virxml.c:virXMLPropEnumInternal`.
pub(super) fn wrong(attribute: &str, element: &str, value: &str) -> String {
    format!(
        "XML error: Invalid value for attribute '{attribute}' in element '{element}': '{value}'."
    )
}

fn feature(draft: &mut Draft<'_>, cpu: &Cpu, feature: &Feature, seen: &mut bool) {
    let policy = feature.policy.as_ref().map_or("require", |policy| &*policy.value);
    let word = feature.policy.as_ref().unwrap_or(&feature.name);
    if !POLICIES.contains(&policy) {
        draft.refuse(
            Step::ParseCpu,
            word.at,
            "unsupported configuration: Invalid CPU feature policy",
        );
    }
    if feature.name.value != "invtsc" {
        return;
    }
    if *seen {
        draft.refuse(
            Step::ParseCpu,
            word.at,
            "XML error: CPU feature 'invtsc' specified more than once",
        );
    }
    *seen = true;
    invtsc(draft, cpu, policy, word);
}

fn invtsc(draft: &mut Draft<'_>, cpu: &Cpu, policy: &str, word: &Word) {
    const PATH: &str = "cpu/feature[invtsc]@policy";
    // libvirt compares a host-model with what QEMU offers, which without KVM is no invariant TSC.
    if !draft.domain.is_kvm() && mode_of(cpu) == "host-model" && policy == "require" {
        let message =
            format!("{INCOMPATIBLE}: Host CPU does not provide required features: invtsc");
        draft.refuse(Step::StartCpu, word.at, message);
    }
    let value = match policy {
        "force" | "require" => "invtsc=on",
        "optional" if takes_all(cpu) => {
            return draft.nothing(PATH, word, "libvirt passes on nothing: QEMU decides");
        }
        _ => "invtsc=off",
    };
    draft.cpu.push(value.to_owned());
    let device = match value {
        "invtsc=off" => "the guest sees no invariant TSC",
        _ if draft.domain.tsc_frequency().is_some() => {
            "the guest sees an invariant TSC; its fixed frequency keeps migration and save possible"
        }
        _ => {
            "the guest sees an invariant TSC; libvirt refuses to migrate or save without a tsc frequency"
        }
    };
    draft.emitted(PATH, word, value, device);
}
