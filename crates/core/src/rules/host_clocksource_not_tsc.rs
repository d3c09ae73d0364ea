//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// An x86 host keeps time by something other than the TSC or Hyper-V's TSC page.
    ///
    /// ## Why it matters
    /// KVM builds its master clock on the TSC and on nothing else. Without it the guests' kvm-clock loses its stable
    /// flag, so reading time in a guest costs a system call, Hyper-V's reference page stays empty for Windows, and
    /// `ptp_kvm` does not load (`KVM_HC_CLOCK_PAIRING` answers `EOPNOTSUPP`). Choosing `hpet` "because the TSC is
    /// unreliable" does this to every running guest at once.
    ///
    /// ## What to do
    /// Where `tsc` is still listed in `available_clocksource`, switch to it and take `clocksource=` off the kernel's
    /// command line. Running guests may keep the slow path until they are started anew. Where it is not listed, the
    /// kernel has ruled it out: see `host-tsc-unavailable`.
    ///
    /// ## Exceptions
    /// A host that is a KVM guest itself and runs on `kvm-clock`: see `host-nested-l1-uses-kvmclock`.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:gtod_is_based_on_tsc`, `kvm_track_tsc_matching` and `pvclock_gtod_notify`
    /// - <https://docs.kernel.org/virt/kvm/x86/hypercalls.html>, `KVM_HC_CLOCK_PAIRING`
    "host-clocksource-not-tsc" on Host {
        summary: "the host does not keep time by the TSC, so guests get no master clock",
        severity: Error,
        since: "0.1.0",
    }
}

/// The clocksources that read the TSC in the way that KVM accepts (Linux `VDSO_CLOCKMODE_TSC`, `_HVCLOCK`).
const TSC_BASED: [&str; 3] = ["tsc", "tsc-early", "hyperv_clocksource_tsc_page"];

fn check(host: &Machine, _: &Facts) -> Verdict {
    if !host.is_x86()? {
        return Ok(vec![]);
    }
    let current = host.clocksource.current.get()?;
    if TSC_BASED.contains(&current.as_str()) || current == "kvm-clock" {
        return Ok(vec![]);
    }
    let found = RULE
        .found(format!("the host keeps time by `{current}`, on which KVM builds no master clock"))
        .saw_fact("current clocksource", &host.clocksource.current, Clone::clone)
        .saw_fact("available clocksources", &host.clocksource.available, |list| list.join(" "));
    Ok(vec![cured(found, host, current)])
}

fn cured(found: Finding, host: &Machine, current: &str) -> Finding {
    let available = host.clocksource.available.value();
    if !available.is_some_and(|list| list.iter().any(|name| name == "tsc")) {
        let summary = "bring the TSC back: see host-tsc-unavailable";
        return found.cure(summary, Effect::HostReboot, Risk::Manual);
    }
    let found = found.change(Change::clocksource(current, "tsc"));
    let forced = host.cmdline.value().and_then(|line| line.all("clocksource").last());
    let Some(forced) = forced.filter(|forced| forced.value.as_deref() != Some("tsc")) else {
        return found.cure("switch the clocksource to `tsc`", Effect::Live, Risk::Careful);
    };
    let summary = format!("switch the clocksource to `tsc` and take `{forced}` off the kernel's command line");
    found
        .saw("kernel parameter", forced, host.cmdline.from())
        .cure(summary, Effect::Live, Risk::Careful)
        .change(Change::drop_parameter(forced))
}
