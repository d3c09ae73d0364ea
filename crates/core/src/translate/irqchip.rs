//! `<ioapic>` and interrupt remapping: where the interrupt chips are, which decides what becomes of lost ticks.

use kvmtime_wire::domain::{Word, is};
use kvmtime_wire::text::Spanned;

use super::Irqchip;
use super::cpu::wrong;
use super::draft::{Draft, Step};

/// More vCPUs than that need a vIOMMU with extended interrupt mode. Source: libvirt `QEMU_MAX_VCPUS_WITHOUT_EIM`.
const WITHOUT_EIM: u32 = 255;

const INTREMAP: &str = "devices/iommu/driver@intremap";

/// Source: libvirt `qemu_command.c:qemuAppendDomainFeaturesMachineParam`.
pub(super) fn read(draft: &mut Draft<'_>) {
    if let Some(driver) = &draft.domain.ioapic_driver {
        ioapic(draft, driver);
    } else if split_by(draft).is_some_and(|(path, _)| path != MACHINE) {
        draft.machine.push("kernel_irqchip=split".to_owned());
    }
    if let Some(intremap) = &draft.domain.iommu_intremap {
        remapping(draft, intremap);
    }
}

const MACHINE: &str = "os/type@machine";

/// What leaves the local APIC alone in KVM, by its path.
pub(super) fn split_by(draft: &Draft<'_>) -> Option<(&'static str, Word)> {
    let domain = draft.domain;
    if let Some(driver) = &domain.ioapic_driver {
        return is(Some(driver), "qemu").then(|| ("features/ioapic@driver", driver.clone()));
    }
    let machine = domain.machine.as_ref().filter(|machine| splits(&machine.value));
    splits_by_itself(draft).or_else(|| Some((MACHINE, machine?.clone())))
}

fn splits_by_itself(draft: &Draft<'_>) -> Option<(&'static str, Word)> {
    let domain = draft.domain;
    if !draft.versions.splits_by_itself() || !domain.is_x86() {
        return None;
    }
    if let Some(intremap) = domain.iommu_intremap.as_ref().filter(|word| is(Some(word), "on")) {
        return Some((INTREMAP, intremap.clone()));
    }
    let vcpus = domain.vcpus.as_ref().filter(|vcpus| vcpus.value > WITHOUT_EIM)?;
    let eim = draft.machine_type().starts_with("pc-q35");
    eim.then(|| ("vcpu", Spanned { value: vcpus.value.to_string(), at: vcpus.at }))
}

/// Whether a machine type splits them without being asked.
/// Source: QEMU `hw/i386/pc_q35.c:pc_q35_4_0_machine_options`, taken back in 4.0.1, and `hw/i386/microvm.c`.
pub(super) fn splits(machine: &str) -> bool {
    matches!(machine, "pc-q35-4.0" | "microvm")
}

fn ioapic(draft: &mut Draft<'_>, driver: &Word) {
    let value = match &*driver.value {
        "qemu" => "kernel_irqchip=split",
        "kvm" => "kernel_irqchip=on",
        other => {
            let message = match draft.versions.uniform_messages() {
                true => wrong("driver", "ioapic", other),
                false => format!("unsupported configuration: Unknown driver mode: {other}"),
            };
            draft.nothing("features/ioapic@driver", driver, "");
            return draft.refuse(Step::ParseFeatures, driver.at, message);
        }
    };
    if !draft.domain.is_x86() {
        let (arch, machine) = (draft.arch(), draft.machine_type());
        let message = format!(
            "unsupported configuration: The 'ioapic' feature is not supported for architecture '{arch}' or machine \
             type '{machine}'"
        );
        draft.refuse(Step::ValidateFeatures, driver.at, message);
    }
    draft.machine.push(value.to_owned());
    draft.emitted("features/ioapic@driver", driver, value, device(draft));
}

fn device(draft: &Draft<'_>) -> &'static str {
    match draft.irqchip() {
        Irqchip::Kernel => "PIC, IOAPIC and PIT are in KVM, as by default",
        Irqchip::Split => {
            "PIC, IOAPIC and PIT are in QEMU: late PIT ticks are lost, rtc catchup runs away"
        }
        Irqchip::Emulated => "without KVM all interrupt chips are in QEMU anyway",
    }
}

fn remapping(draft: &mut Draft<'_>, intremap: &Word) {
    if intremap.value == "on" && !is(draft.domain.ioapic_driver.as_ref(), "qemu") {
        if draft.versions.splits_by_itself() && draft.domain.ioapic_driver.is_none() {
            return draft.emitted(INTREMAP, intremap, "kernel_irqchip=split", device(draft));
        }
        let message = "unsupported configuration: IOMMU interrupt remapping requires split I/O APIC (ioapic \
                       driver='qemu')";
        draft.refuse(Step::ValidateIommu, intremap.at, message);
    }
    draft.nothing(INTREMAP, intremap, "says nothing of clocks by itself");
}
