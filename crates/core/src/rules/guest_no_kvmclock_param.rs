//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::Severity;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `no-kvmclock` or `no-kvmclock-vsyscall` on the kernel's command line.
    ///
    /// ## Why it matters
    /// The first takes kvm-clock away, and with it `ptp_kvm` and the TSC frequency that KVM tells the guest. Without an
    /// invariant TSC the guest is left with an emulated timer or a TSC that Linux cannot trust. The second makes every
    /// reading of kvm-clock by a program a system call.
    ///
    /// ## What to do
    /// Remove it and reboot. To make Linux choose `tsc`, give the guest `invtsc`: newer kernels then prefer it by
    /// themselves.
    ///
    /// ## Exceptions
    /// With an invariant TSC visible the guest keeps time without kvm-clock: the finding is information, unless chrony is to
    /// read `/dev/ptp_kvm`, which is then not there: chronyd does not start. `no-kvmclock-vsyscall` is information while
    /// another clock is in use.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvmclock.c`: `parse_no_kvmclock`, `parse_no_kvmclock_vsyscall`
    /// - Linux `drivers/ptp/ptp_kvm_x86.c:kvm_arch_ptp_init`; chrony `refclock_phc.c:phc_initialise` (`Could not open PHC`)
    "guest-no-kvmclock-param" on Guest {
        summary: "a kernel parameter switches kvm-clock off",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let off = guest.parameter("no-kvmclock")?;
    let slow = guest.parameter("no-kvmclock-vsyscall")?;
    if off.or(slow).is_none() || !guest.is_x86()? || !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    let mut found = vec![];
    if let Some(parameter) = off {
        // What is not known of chrony leaves the parameter what it is.
        let refclocks = guest.phc_sources().unwrap_or_default();
        let reader = refclocks.iter().find(|source| source.path == "/dev/ptp_kvm");
        let spared = guest.tsc_is_invariant()? && reader.is_none();
        let message = match reader {
            Some(_) => "the kernel is told not to use kvm-clock, without which chrony has no `/dev/ptp_kvm`",
            None => "the kernel is told not to use kvm-clock",
        };
        let finding = RULE
            .found(message)
            .severity(if spared { Severity::Info } else { Severity::Error })
            .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
        let finding = guest.blame_parameter(finding, parameter);
        found.push(match reader {
            Some(source) => finding.saw("directive", source.refclock.text(), source.refclock.place()),
            None => finding,
        });
    }
    if let Some(parameter) = slow {
        let current = guest.clocksource.current.get()?;
        let finding = RULE
            .found("programs read kvm-clock through a system call")
            .severity(if current == "kvm-clock" { Severity::Warning } else { Severity::Info })
            .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone);
        found.push(guest.blame_parameter(finding, parameter));
    }
    Ok(found)
}
