//! See [`RULE`].

use crate::facts::{Facts, Hypervisor, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// RHEL 5.3 to 6.0 keeps time without kvm-clock, and lacks the kernel parameter that Red Hat prescribes for it:
    /// `notsc` on x86-64, `clocksource=acpi_pm` on 32-bit x86.
    ///
    /// ## Why it matters
    /// These kernels count the TSC and ticks, and miscount both in a guest.
    ///
    /// ## What to do
    /// Append the parameter to the `kernel` line in `/boot/grub/grub.conf` and reboot. From 5.5 on better give the
    /// guest kvm-clock: then no parameter is needed. Never add `divider=10`, which older editions of the table hold.
    ///
    /// ## Exceptions
    /// The table's `lpj=` is only for those who know its value for the very CPU, so it is not asked for. An older edition
    /// means hosts without a constant TSC only, which a guest of that age cannot tell.
    ///
    /// ## References
    /// - <https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/6/html/virtualization_host_configuration_and_guest_installation_guide/form-virtualization_host_configuration_and_guest_installation_guide-kvm_guest_timing_management-required_parameters_for_rhel_guests>
    "guest-required-params-missing-legacy" on Guest {
        summary: "an old RHEL without kvm-clock lacks a kernel parameter that it needs",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let prescribed = guest.prescribed_parameters()?;
    if prescribed.is_empty() {
        return Ok(vec![]);
    }
    let prescribed = prescribed.iter().filter(|name| **name != "lpj");
    // Kernels that old do not show a hypervisor among the CPU's flags, so `None` says nothing.
    if matches!(guest.hypervisor.get()?, Hypervisor::Tcg | Hypervisor::Other(_)) {
        return Ok(vec![]);
    }
    let line = guest.cmdline.get()?;
    let given = |wanted: &str| line.0.iter().any(|parameter| parameter.to_string() == wanted);
    let missing = prescribed.filter(|wanted| !given(wanted));
    Ok(missing
        .map(|wanted| {
            RULE.found(format!("this release needs `{wanted}` to keep time without kvm-clock"))
                .saw_fact("system", &guest.os, |os| os.id.clone())
                .saw_fact("architecture", &guest.arch, Clone::clone)
                .saw(format!("kernel parameter {wanted}"), "absent", guest.cmdline.from())
                .cure(
                    format!("append `{wanted}` to the kernel line in grub.conf and reboot"),
                    Effect::GuestReboot,
                    Risk::Careful,
                )
        })
        .collect())
}
