//! See [`RULE`].

use kvmtime_wire::capabilities::Tsc;

use crate::fact::Fact;
use crate::facts::{Domain, Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The TSC frequency that the domain asks for is more than 250 ppm from the host's, and the host's CPU cannot
    /// scale.
    ///
    /// ## Why it matters
    /// The guest does not start here, and cannot migrate to here. libvirt says "Requested TSC frequency … outside
    /// tolerance range … TSC scaling is not supported by the host CPU"; QEMU says "TSC frequency mismatch between VM
    /// and host, and TSC scaling unavailable".
    ///
    /// ## What to do
    /// Write the frequency that `virsh capabilities` shows, or run the guest on a host whose TSC scales.
    ///
    /// ## Exceptions
    /// None. Within 250 ppm the guest starts, but is not scaled: it is told one rate and gets another.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`
    /// - Linux `arch/x86/kvm/x86.c:kvm_set_tsc_khz`
    "dom-tsc-frequency-unsupported" on Domain {
        summary: "this host cannot give the guest the TSC frequency that it asks for",
        severity: Error,
        since: "0.1.0",
    }
}

/// libvirt `src/util/virhostcpu.c`, and KVM's default `tsc_tolerance_ppm`.
const TOLERANCE_PPM: u64 = 250;

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some((word, wanted)) = domain.xml.tsc_frequency() else { return Ok(vec![]) };
    if !domain.xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let tsc = host_tsc(facts.need_host()?);
    let Tsc { frequency: host, scaling } = tsc.get()?;
    let tolerance = host / 1_000_000 * TOLERANCE_PPM;
    if *scaling != Some(false) || wanted.abs_diff(*host) <= tolerance {
        return Ok(vec![]);
    }
    let found = RULE
        .found(format!("the guest asks for a TSC of {wanted} Hz, and this host has one of {host} Hz"))
        .saw_fact("host's TSC, Hz", &tsc, |tsc| tsc.frequency)
        .saw("host's TSC scales", "no", tsc.from())
        .cure(format!("write `frequency='{host}'`"), Effect::GuestRestart, Risk::Manual)
        .change(domain.rewrite("frequency", word, &host.to_string()));
    Ok(vec![domain.blame(found, "clock/timer[tsc]@frequency", word)])
}

/// The host's TSC as libvirt shows it, else as KVM answers.
fn host_tsc(host: &Machine) -> Fact<Tsc> {
    let capabilities = host.libvirt.capabilities.clone();
    let shown = capabilities.parse(|all| all.tsc.ok_or("no TSC counter is shown"));
    shown.or_else(|| {
        host.kvm.device.clone().parse(|kvm| {
            let khz = kvm.tsc_khz.ok_or("KVM does not tell the TSC's frequency")?;
            Ok::<_, &str>(Tsc {
                frequency: u64::from(khz) * 1000,
                scaling: Some(kvm.tsc_control),
            })
        })
    })
}
