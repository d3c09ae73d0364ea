//! See [`RULE`].

use kvmtime_wire::domain::{Timer, Word};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A timer has a setting that does nothing with QEMU: `tickpolicy` on `tsc` or `hpet`, `mode` on `tsc`, and
    /// `tickpolicy='delay'` on the RTC.
    ///
    /// ## Why it matters
    /// libvirt accepts them and passes nothing on. Recipes spread them, and what they are praised for came from another
    /// line. The RTC's `delay` is worse than nothing: it reads as if lost ticks were delivered late, and they are
    /// dropped.
    ///
    /// ## What to do
    /// Remove the setting; the machine stays the same. Only Xen's driver reads the TSC's `mode`.
    ///
    /// ## Exceptions
    /// `frequency` on `tsc` does have an effect, so a line that has one stays. The PIT's policy is another matter:
    /// `dom-pit-delay-ambiguous`.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr` and `qemuBuildCpuCommandLine`
    /// - virt-manager `virtinst/cli.py`, which drops them from `--clock`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-tickpolicy-noop" on Domain {
        summary: "a timer's tick policy or mode has no effect",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    if !domain.xml.is_qemu() {
        return Ok(vec![]);
    }
    let timers = domain.xml.clock.iter().flat_map(|clock| &clock.timers);
    let findings = timers.map(|timer| (timer, idle(timer))).filter(|(_, idle)| !idle.is_empty());
    let findings = findings.map(|(timer, idle)| {
        let name = &timer.name.value;
        let settings: Vec<String> =
            idle.iter().map(|(what, word)| format!("`{what}='{}'`", word.value)).collect();
        let have = if idle.len() == 1 { "has" } else { "have" };
        let found = RULE.found(format!(
            "{} of timer `{name}` {have} no effect",
            settings.join(" and ")
        ));
        let found = idle.iter().fold(found, |found, (what, word)| {
            domain.blame(found, &format!("clock/timer[{name}]@{what}"), word)
        });
        found
            .cure(remedy(timer, &idle), Effect::GuestRestart, Risk::Safe)
            .at(&domain.path, timer.at)
    });
    Ok(findings.collect())
}

/// The settings of a timer that do nothing.
fn idle(timer: &Timer) -> Vec<(&'static str, &Word)> {
    let name = timer.name.value.as_str();
    let policy = timer.tickpolicy.as_ref().filter(|policy| match name {
        "tsc" | "hpet" => true,
        "rtc" => policy.value == "delay",
        _ => false,
    });
    let mode = timer.mode.as_ref().filter(|_| name == "tsc");
    [("tickpolicy", policy), ("mode", mode)]
        .into_iter()
        .filter_map(|(what, word)| Some((what, word?)))
        .collect()
}

fn remedy(timer: &Timer, idle: &[(&'static str, &Word)]) -> String {
    let name = &timer.name.value;
    if name == "tsc" && timer.frequency.is_none() {
        return "remove `<timer name='tsc'>`".to_owned();
    }
    if name == "rtc" {
        return "remove `tickpolicy`, or write `catchup` for a guest that counts the RTC's ticks".to_owned();
    }
    let settings: Vec<String> = idle.iter().map(|(what, _)| format!("`{what}`")).collect();
    format!("remove {} from `<timer name='{name}'>`", settings.join(" and "))
}
