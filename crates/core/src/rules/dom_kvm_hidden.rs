//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::profile::Family;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// KVM hides from a Linux, BSD or macOS guest: `<kvm><hidden state='on'/></kvm>`, which libvirt turns into
    /// `kvm=off`.
    ///
    /// ## Why it matters
    /// The guest does not find KVM's CPUID leaves, so it has no kvm-clock, no steal time and no `ptp_kvm`, even where
    /// `kvmclock` is listed as present. macOS cannot read the frequency of the TSC either.
    ///
    /// ## What to do
    /// Write `state='off'`, shut the guest down and start it; or give the guest an invariant TSC.
    ///
    /// ## Exceptions
    /// With an invariant TSC Linux and the BSDs keep good time without KVM's clock, and this is only noted. Windows,
    /// and guests that do not read KVM's clock, are not reported.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildCpuCommandLine`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_init_vcpu`, `expose_kvm`
    /// - Linux `arch/x86/kernel/kvm.c:kvm_detect`
    "dom-kvm-hidden" on Domain {
        summary: "the guest does not see that it runs on KVM, so it has no kvm-clock",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(hidden) = xml.kvm_hidden.as_ref().filter(|hidden| is(Some(hidden), "on")) else {
        return Ok(vec![]);
    };
    if !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    let macos = os.family == Family::Macos;
    if !os.reads_kvm_clock() && !macos {
        return Ok(vec![]);
    }
    let severity =
        if xml.exposes_invtsc() && !macos { Severity::Info } else { Severity::Warning };
    let found = RULE
        .found("KVM hides from the guest, which therefore has no clock from KVM")
        .severity(severity)
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("write `<hidden state='off'/>`", Effect::GuestRestart, Risk::Manual)
        .change(domain.rewrite("state", hidden, "off"));
    Ok(vec![domain.blame(found, "features/kvm/hidden@state", hidden)])
}
