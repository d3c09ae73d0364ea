//! See [`RULE`].

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::lifecycle::WRITES_STATE;

crate::rule! {
    /// ## What it checks
    /// The guest sees an invariant TSC (`+invtsc`) on a CPU that is to stay migratable, and no `tsc-frequency=` says at
    /// which rate.
    ///
    /// ## Why it matters
    /// QEMU then refuses to migrate the VM, to save it and to take a snapshot with memory: `State blocked by
    /// non-migratable CPU device (invtsc flag)`. It says so only at that moment, unless `-only-migratable` makes it end
    /// at start.
    ///
    /// ## What to do
    /// Give the host's frequency in Hz, `tsc-frequency=…` (`virsh capabilities` shows it as `counter name='tsc'`), or
    /// leave `invtsc` out. A destination must have that frequency or scale its TSC.
    ///
    /// ## Exceptions
    /// VMs that are never migrated, saved or snapshotted: `migratable=off` says so, and nothing is reported. Where
    /// `--lifecycle` says so, the finding is information; it is an error where one of these is stated, or was seen.
    ///
    /// ## References
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_init_vcpu`: `invtsc_mig_blocker`
    /// - QEMU `target/i386/cpu.c:x86_cpu_get_migratable_flags`
    "qemu-invtsc-migratable-conflict" on Arguments {
        summary: "an invariant TSC without a frequency blocks migration, save and snapshot",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu) -> Vec<Finding> {
    let cpu = qemu.line.cpu();
    let Some(option) = qemu.line.last("cpu").filter(|_| cpu.on("invtsc")) else {
        return vec![];
    };
    let pinned = cpu.get("tsc-frequency").or(cpu.get("tsc-freq")).is_some();
    if pinned || cpu.get("migratable") == Some("off") || qemu.line.accelerator() != "kvm" {
        return vec![];
    }
    let aborts = qemu.line.last("only-migratable").is_some();
    let found = if aborts {
        RULE.found("QEMU does not start: `invtsc` without a frequency is not migratable")
            .severity(Severity::Error)
    } else {
        RULE.found("`invtsc` without a frequency keeps the VM from being migrated or saved")
    };
    let found = found.cure(
        "add `tsc-frequency=` with the host's frequency in Hz to `-cpu`, or take `invtsc` out",
        Effect::GuestRestart,
        Risk::Careful,
    );
    let found = qemu.blame(found, option);
    if aborts {
        return vec![found];
    }
    vec![qemu.lifecycle.judge(found, WRITES_STATE, Severity::Error)]
}
