//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// `/etc/modprobe.d` or the kernel's command line sets a parameter of KVM that this kernel no longer has:
    /// `lapic_timer_advance_ns` (gone in 6.12) or `kvmclock_periodic_sync` (gone in 7.1).
    ///
    /// ## Why it matters
    /// The kernel ignores it with a line in its log. What the setting was made for, such as the exact advance of the timer in
    /// a guide to low latency, is not in force.
    ///
    /// ## What to do
    /// Remove it. In place of `lapic_timer_advance_ns` there is only `lapic_timer_advance`, on or off: KVM finds the
    /// advance itself. Without the periodic sync nothing needs to be switched off.
    ///
    /// ## Exceptions
    /// Distributions that carry later KVM code in older kernels are judged by the kernel's number, and so may be missed.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/lapic.c`, `lapic_timer_advance`; modprobe.d(5)
    /// - Linux `kernel/module/main.c:unknown_module_param_cb`
    "host-kvm-parameter-removed" on Host {
        summary: "a parameter of KVM is set that this kernel no longer has",
        severity: Info,
        since: "0.1.0",
    }
}

/// What is gone, and since when.
const GONE: [(&str, &[u32]); 2] =
    [("lapic_timer_advance_ns", &[6, 12]), ("kvmclock_periodic_sync", &[7, 1])];

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? || host.kvm.parameters.optional()?.is_none() {
        return Ok(vec![]);
    }
    let mut found = vec![];
    for (name, since) in GONE {
        let kernel = host.kernel.get()?;
        if host.kernel_before(since) {
            continue;
        }
        let finding = |set: &str| -> Finding {
            RULE.found(format!("`{set}` sets what Linux {kernel} no longer has"))
                .saw_fact("kernel", &host.kernel, Clone::clone)
        };
        for option in host.kvm.options.get()?.iter().filter(|o| o.module == "kvm" && o.name == name) {
            let place = format!("{}:{}", option.path, option.line);
            let set = format!("options kvm {name}={}", option.value);
            let cure = format!("remove it from {}", option.path);
            found.push(finding(&set).saw("modprobe.d", &set, place).cure(cure, Effect::Live, Risk::Safe));
        }
        let full = format!("kvm.{name}");
        if let Some(parameter) = host.parameter(&full)? {
            found.push(
                finding(&parameter.to_string())
                    .saw("kernel parameter", parameter, host.cmdline.from())
                    .cure(format!("take `{parameter}` off the kernel's command line"), Effect::HostReboot, Risk::Safe)
                    .change(Change::drop_parameter(parameter)),
            );
        }
    }
    Ok(found)
}
