//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::profile::{Family, Os, named};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Hyper-V enlightenments, or the timer `hypervclock`, are on for a guest that is not Windows.
    ///
    /// ## Why it matters
    /// Any of them makes QEMU present itself as Hyper-V first and move KVM's own CPUID leaves behind Hyper-V's. FreeBSD
    /// takes the first hypervisor that it finds, and NetBSD looks no further than the first place: both lose KVM's
    /// clock. macOS no longer finds the frequency of its TSC. Linux before 3.12 loses kvm-clock, too; later ones and
    /// OpenBSD find KVM behind Hyper-V, and to them the enlightenments are merely of no use.
    ///
    /// ## What to do
    /// Remove `<hyperv>` and `<timer name='hypervclock'>`, shut the guest down and start it.
    ///
    /// ## Exceptions
    /// Guests that are meant to see Hyper-V. A guest that nothing names is not judged.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`, "Setup"
    /// - Linux `arch/x86/kernel/cpu/hypervisor.c:detect_hypervisor_vendor`
    /// - FreeBSD `sys/x86/x86/identcpu.c:identify_hypervisor_cpuid_base`
    /// - NetBSD `sys/arch/x86/x86/identcpu.c:identify_hypervisor`
    "dom-hyperv-on-nonwindows" on Domain {
        summary: "the machine presents itself as Hyper-V to a guest that is not Windows",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let timer = xml.present("hypervclock").filter(|present| is(Some(present), "yes"));
    let all = xml.hyperv.iter().flat_map(|hyperv| &hyperv.enlightenments);
    let on: Vec<&str> = all
        .filter(|e| is(e.state.as_ref(), "on"))
        .map(|enlightenment| enlightenment.name.as_str())
        .collect();
    let any = timer.is_some() || !on.is_empty() || xml.takes_hyperv_from_host();
    if !any || !xml.is_kvm_x86() {
        return Ok(vec![]);
    }
    let os = domain.os.get()?;
    if os.is_windows() {
        // Without a name Windows is a guess, made from what is judged here.
        return named(xml, &domain.path).get().map(|_| vec![]);
    }
    let found = RULE
        .found(format!("the machine presents itself as Hyper-V, and the guest is `{}`", os.id))
        .severity(if finds_kvm_behind(os) { Severity::Info } else { Severity::Warning })
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure(
            "remove `<hyperv>` and `<timer name='hypervclock'>`",
            Effect::GuestRestart,
            Risk::Manual,
        );
    let found = match timer {
        Some(present) => domain.blame(found, "clock/timer[hypervclock]@present", present),
        None => found,
    };
    Ok(vec![match &xml.hyperv {
        Some(hyperv) => found
            .saw("features/hyperv", on.join(" "), domain.place(hyperv.at))
            .at(&domain.path, hyperv.at),
        None => found,
    }])
}

/// Whether the guest finds KVM behind Hyper-V, or has no use for it anyway.
fn finds_kvm_behind(os: &Os) -> bool {
    let linux = os.is_linux() && !(os.is_rhel() && os.before(&[7]));
    linux || os.family == Family::Openbsd || os.lacks_kvm_clock()
}
