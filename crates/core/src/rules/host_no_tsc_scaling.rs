//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The host's hardware cannot run a guest's TSC at another rate than its own (`scaling='no'` in
    /// `virsh capabilities`; `KVM_CAP_TSC_CONTROL` is missing).
    ///
    /// ## Why it matters
    /// Such a host takes in guests with a fixed TSC frequency only if that is within 250 ppm of its own. Others do not
    /// start here, and a guest that counts the TSC runs at the wrong rate after it was migrated here. Guests on
    /// kvm-clock are not concerned: it carries its own rate.
    ///
    /// ## What to do
    /// Nothing in software. Group hosts of one frequency, and let guests with `invtsc` migrate only inside a group.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`, `src/util/virhostcpu.c:virHostCPUGetTscInfo`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`
    /// - <https://docs.kernel.org/virt/kvm/api.html>, `KVM_SET_TSC_KHZ`
    "host-no-tsc-scaling" on Host {
        summary: "the host cannot scale a guest's TSC",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? {
        return Ok(vec![]);
    }
    let capabilities = &host.libvirt.capabilities;
    let tsc = capabilities.value().and_then(|capabilities| capabilities.tsc.as_ref());
    let scales = match tsc.and_then(|tsc| tsc.scaling) {
        Some(scales) => scales,
        None => host.kvm.device.get()?.tsc_control,
    };
    if scales {
        return Ok(vec![]);
    }
    let found = RULE
        .found("the host cannot run a guest's TSC at another rate than its own")
        .saw_fact("KVM_CAP_TSC_CONTROL", &host.kvm.device, |device| device.tsc_control);
    let found = match tsc {
        Some(tsc) => found
            .saw("host/cpu/counter[tsc]@scaling", "no", capabilities.from())
            .saw("host/cpu/counter[tsc]@frequency", tsc.frequency, capabilities.from()),
        None => found,
    };
    Ok(vec![found.cure(
        "migrate guests with a fixed TSC frequency only between hosts of that frequency",
        Effect::Live,
        Risk::Manual,
    )])
}
