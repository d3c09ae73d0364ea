//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate;

crate::rule! {
    /// ## What it checks
    /// The TSC frequency that the domain fixes differs from the host's by no more than 250 ppm.
    ///
    /// ## Why it matters
    /// KVM does not scale so small a difference, even where the CPU could: the counter runs at the host's rate, and QEMU
    /// tells the guest the rate of the XML. Linux takes the rate from kvm-clock, which is right. A guest that believes
    /// what it is told (Windows by `hv-frequencies`, macOS and FreeBSD by CPUID leaf 0x40000010) drifts by the
    /// difference: 100 ppm are nine seconds a day.
    ///
    /// ## What to do
    /// Write the frequency that `virsh capabilities` shows. Where guests migrate between hosts that differ so little,
    /// `kvm.tsc_tolerance_ppm=0` makes KVM scale always, on CPUs that can; NTP in the guest corrects the rest.
    ///
    /// ## Exceptions
    /// A guest that came from another host keeps that host's frequency, and a difference of a few ppm is what two hosts
    /// of the same make measure. A host that was told to tolerate nothing scales, and is not reported.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:kvm_set_tsc_khz`, `tsc_tolerance_ppm`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`
    /// - Linux `arch/x86/kernel/kvmclock.c:kvm_get_tsc_khz`; FreeBSD `sys/x86/x86/tsc.c:tsc_freq_cpuid_vm`
    "dom-tsc-frequency-not-scaled" on Domain {
        summary: "the guest is told another TSC frequency than it gets",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some((word, wanted)) = domain.xml.tsc_frequency() else { return Ok(vec![]) };
    if !domain.xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let machine = facts.need_host()?;
    let tsc = machine.tsc();
    let host = tsc.get()?.frequency;
    // KVM compares kHz.
    let (told, gets) = (wanted / 1000, host / 1000);
    if told == gets || !translate::tolerates(gets, told) {
        return Ok(vec![]);
    }
    let tolerance = machine.kvm.parameters.get()?.get("kvm.tsc_tolerance_ppm");
    if tolerance.is_some_and(|ppm| ppm == "0") {
        return Ok(vec![]);
    }
    let ppm = told.abs_diff(gets) * 1_000_000 / gets;
    let found = RULE
        .found(format!(
            "the guest is told a TSC of {wanted} Hz and gets the host's, which is {ppm} ppm from it"
        ))
        .saw_fact("host's TSC, Hz", &tsc, |tsc| tsc.frequency)
        .cure(format!("write `frequency='{host}'`"), Effect::GuestRestart, Risk::Manual)
        .change(domain.rewrite("frequency", word, &host.to_string()));
    Ok(vec![domain.blame(found, "clock/timer[tsc]@frequency", word)])
}
