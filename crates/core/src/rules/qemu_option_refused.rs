//! See [`RULE`].

use crate::facts::{Facts, Qemu};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate;

crate::rule! {
    /// ## What it checks
    /// QEMU refuses what an option says of clocks or timers: a lost-tick policy that the device does not have, a Hyper-V
    /// enlightenment without the one that it needs, an HPET for a machine that has none, a date that is none, a TSC
    /// frequency that the host cannot give.
    ///
    /// ## Why it matters
    /// QEMU ends at once. `mc146818rtc.lost_tick_policy` takes `discard` and `slew`, `kvm-pit.lost_tick_policy` takes
    /// `delay` and `discard`, although the parser knows all of them.
    ///
    /// ## What to do
    /// Write a value that QEMU takes: the finding has QEMU's own words.
    ///
    /// ## Exceptions
    /// A process that runs was not refused. Without KVM, and with a KVM that was built without Hyper-V's features, QEMU
    /// does not look at enlightenments; without an in-kernel PIT it does not look at the PIT's policy.
    ///
    /// ## References
    /// - QEMU `hw/rtc/mc146818rtc.c:rtc_realizefn`, `hw/i386/kvm/i8254.c:kvm_pit_realizefn`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_hyperv_expand_features`, `kvm_arch_set_tsc_khz`
    /// - QEMU `system/rtc.c:configure_rtc`
    "qemu-option-refused" on Qemu {
        summary: "QEMU refuses what an option says of clocks or timers",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu, facts: &Facts) -> Verdict {
    if qemu.is_running() {
        return Ok(vec![]);
    }
    let model = qemu.translation(facts);
    let findings = model.refusals.iter().filter_map(|refusal| {
        let option = qemu.line.options.iter().find(|option| option.at == refusal.place)?;
        if translate::removed(&option.name).is_some() {
            return None;
        }
        let cure = match refusal.lacks {
            Some(needed) => format!("add `hv-{needed}` to `-cpu`"),
            None => format!("write a value that QEMU takes into `-{}`", option.name),
        };
        let found = RULE
            .found(format!("QEMU does not start: {}", refusal.message))
            .saw(model.speaker(refusal), &refusal.message, qemu.from.clone())
            .cure(cure, Effect::GuestRestart, Risk::Careful);
        Some(qemu.blame(found, option))
    });
    let found: Vec<_> = findings.collect();
    let asks = qemu.line.cpu().get("tsc-frequency").is_some();
    if found.is_empty() && asks && qemu.line.accelerator() == "kvm" {
        facts.need_host()?.tsc().get()?;
    }
    Ok(found)
}
