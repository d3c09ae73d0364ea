//! See [`RULE`].

use crate::facts::{Facts, Hypervisor, Machine};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Kernel parameters about clocks that do nothing in this guest:
    ///
    /// | parameter | does nothing |
    /// |---|---|
    /// | `no_timer_check` | under KVM, where the kernel sets it by itself |
    /// | `clocksource.verify_n_cpus=` | from Linux 7.1 on, which still documents it |
    /// | `clocksource.max_cswd_read_retries=` | from Linux 6.12 on |
    ///
    /// ## Why it matters
    /// They are taken for a cure, and whoever reads the command line looks for the fault in the wrong place.
    ///
    /// ## What to do
    /// Remove them.
    ///
    /// ## Exceptions
    /// Under QEMU without KVM `no_timer_check` does what it says, and nothing is reported.
    ///
    /// ## References
    /// - Linux `arch/x86/kernel/kvm.c:paravirt_ops_setup` (`no_timer_check = 1`)
    /// - Linux `kernel/time/clocksource.c`, `Documentation/admin-guide/kernel-parameters.txt`
    "guest-noop-clock-param" on Guest {
        summary: "a kernel parameter about clocks does nothing here",
        severity: Info,
        since: "0.1.0",
    }
}

/// What is gone, and since when.
const GONE: [(&str, &[u32]); 2] =
    [("clocksource.verify_n_cpus", &[7, 1]), ("clocksource.max_cswd_read_retries", &[6, 12])];

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let mut found = vec![];
    if let Some(parameter) = guest.parameter("no_timer_check")?
        && guest.is_x86()?
        && *guest.hypervisor.get()? == Hypervisor::Kvm
    {
        let finding = RULE.found("`no_timer_check` is what the kernel does under KVM anyhow");
        found.push(guest.blame_parameter(finding, parameter));
    }
    for (name, since) in GONE {
        let Some(parameter) = guest.parameter(name)? else { continue };
        guest.kernel.get()?;
        if guest.kernel_before(since) {
            continue;
        }
        let finding = RULE
            .found(format!("`{parameter}` does nothing in this kernel any more"))
            .saw_fact("kernel", &guest.kernel, Clone::clone);
        found.push(guest.blame_parameter(finding, parameter));
    }
    Ok(found)
}
