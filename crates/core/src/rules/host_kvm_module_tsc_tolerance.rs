//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::plan::{Change, Object};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// KVM's parameter `tsc_tolerance_ppm` is not 250, or smaller on hardware that cannot scale a guest's TSC.
    ///
    /// ## Why it matters
    /// A guest whose TSC frequency is set within this distance of the host's gets the host's rate, unscaled, and is
    /// told the frequency that was asked for. A guest that counts the TSC is wrong by the difference, and NTP can
    /// correct 500 ppm at most. libvirt and QEMU allow 250 ppm too: where the hardware cannot scale, a smaller value
    /// makes KVM refuse, or catch up for ever, what they let pass.
    ///
    /// ## What to do
    /// `echo 250 > /sys/module/kvm/parameters/tsc_tolerance_ppm`, and remove the option from `/etc/modprobe.d`. It
    /// counts for guests that are started afterwards.
    ///
    /// ## Exceptions
    /// A smaller value where the hardware scales is sound: it gives guests exactly the rate that they are told.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:kvm_set_tsc_khz` and `set_tsc_khz`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`
    "host-kvm-module-tsc-tolerance" on Host {
        summary: "KVM tolerates another error of a guest's TSC frequency than QEMU and libvirt",
        severity: Warning,
        since: "0.1.0",
    }
}

/// Half of what NTP can correct: Linux `arch/x86/kvm/x86.c`, libvirt and QEMU.
const USUAL_PPM: u32 = 250;

fn check(host: &Machine, _: &Facts) -> Verdict {
    // Where nothing tells, the parameter does: it is there on x86 only.
    if host.is_x86() == Ok(false) {
        return Ok(vec![]);
    }
    // Absent: KVM is not loaded.
    let Some(parameters) = host.kvm.parameters.optional()? else { return Ok(vec![]) };
    let Some(text) = parameters.get("kvm.tsc_tolerance_ppm") else { return Ok(vec![]) };
    let Ok(ppm) = text.parse::<u32>() else { return Ok(vec![]) };
    if ppm == USUAL_PPM || ppm < USUAL_PPM && host.kvm.device.get()?.tsc_control {
        return Ok(vec![]);
    }
    let consequence = if ppm > USUAL_PPM {
        "so a guest's TSC may run further off than QEMU and libvirt allow"
    } else {
        "so it takes TSC frequencies for wrong that QEMU and libvirt allow"
    };
    let path = "/sys/module/kvm/parameters/tsc_tolerance_ppm".to_owned();
    let set = format!("`echo 250 > {path}`, and remove the option from `/etc/modprobe.d`");
    Ok(vec![
        RULE.found(format!("KVM tolerates {ppm} ppm of a guest's TSC frequency, {consequence}"))
            .saw("kvm.tsc_tolerance_ppm", ppm, host.kvm.parameters.from())
            .saw_fact("TSC scaling", &host.kvm.device, |device| device.tsc_control)
            .cure(set, Effect::GuestRestart, Risk::Careful)
            .change(Change {
                object: Object::Knob { path },
                expect: Some(text.clone()),
                value: Some(USUAL_PPM.to_string()),
            }),
    ])
}
