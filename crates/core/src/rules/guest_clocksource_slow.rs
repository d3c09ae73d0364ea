//! See [`RULE`].

use crate::facts::{Facts, Hypervisor, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::plan::Change;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The guest reads time from an emulated device (`hpet`, `acpi_pm`, `pit`) or from counted ticks (`jiffies`).
    ///
    /// ## Why it matters
    /// Each read of an emulated counter leaves the guest for the host, which costs microseconds instead of
    /// nanoseconds. `jiffies` counts ticks, and loses those that arrive while the host runs somebody else.
    ///
    /// ## What to do
    /// Switch to `kvm-clock` or, where it is invariant, `tsc`, and take `clocksource=` off the kernel's command line.
    /// Read the file back after writing: the kernel accepts any name and picks another source when it knows none by it.
    ///
    /// ## Exceptions
    /// RHEL 5 on x86-64 always shows `jiffies`, whatever it uses: see `guest-rhel5-jiffies-false-positive`.
    /// On 32-bit x86 it reads `acpi_pm` as Red Hat prescribes where there is no kvm-clock.
    ///
    /// ## References
    /// - Linux `kernel/time/clocksource.c:current_clocksource_store`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>
    "guest-clocksource-slow" on Guest {
        summary: "the guest reads time from an emulated device or from counted ticks",
        severity: Warning,
        since: "0.1.0",
    }
}

/// Ticks are counted, not read: those that are lost are lost.
const COUNTED: [&str; 3] = ["jiffies", "refined-jiffies", "pit"];
const EMULATED: [&str; 3] = ["hpet", "acpi_pm", "pmtmr"];
/// Best first.
const GOOD: [&str; 3] = ["kvm-clock", "hyperv_clocksource_tsc_page", "tsc"];

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let current = guest.clocksource.current.get()?;
    let counted = COUNTED.contains(&current.as_str());
    if !counted && !EMULATED.contains(&current.as_str()) {
        return Ok(vec![]);
    }
    if counted && guest.hides_its_clocksource()?
        || current == "acpi_pm" && guest.prescribes("clocksource=acpi_pm")?
    {
        return Ok(vec![]);
    }
    let found = RULE
        .found(format!("the guest reads time from `{current}`"))
        .severity(if counted { Severity::Error } else { Severity::Warning })
        .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone)
        .saw_fact("available clocksources", &guest.clocksource.available, |list| list.join(" "));
    let available = guest.clocksource.available.value().map_or(&[][..], Vec::as_slice);
    let fit = |name: &&&str| **name != "tsc" || guest.tsc_is_invariant() == Ok(true);
    let offered = |name: &&&str| available.iter().any(|have| have == *name);
    let Some(better) = GOOD.iter().filter(fit).find(offered) else {
        let (cure, effect) = without_better(guest);
        return Ok(vec![found.cure(cure, effect, Risk::Careful)]);
    };
    Ok(vec![found
        .cure(format!("switch the clocksource to `{better}`"), Effect::Live, Risk::Safe)
        .change(Change::clocksource(current, better))])
}

/// What to do where the kernel offers nothing better.
fn without_better(guest: &Machine) -> (&'static str, Effect) {
    let hidden = guest.cmdline.value().is_some_and(|line| line.has("no-kvmclock"));
    match guest.hypervisor.value() {
        Some(Hypervisor::Tcg) => ("run the guest with KVM: see qemu-no-kvm", Effect::GuestRestart),
        _ if hidden => {
            ("take `no-kvmclock` off the kernel's command line and reboot", Effect::GuestReboot)
        }
        Some(Hypervisor::Other(_) | Hypervisor::None) => {
            ("find out in the kernel's log why no better clock is offered", Effect::GuestReboot)
        }
        Some(Hypervisor::Kvm) | None => {
            ("give the guest kvm-clock: see guest-kvmclock-unavailable", Effect::GuestRestart)
        }
    }
}
