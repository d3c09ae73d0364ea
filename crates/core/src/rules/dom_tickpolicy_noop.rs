//! See [`RULE`].

use kvmtime_wire::domain::{Timer, Word, is};

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::Translation;

crate::rule! {
    /// ## What it checks
    /// A timer has a setting that does nothing with QEMU: `tickpolicy` on `tsc` or `hpet`, `mode` on `tsc`,
    /// `tickpolicy='delay'` on the RTC, and any policy of a second `<timer name='rtc'>`, of which libvirt takes the first.
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
    "dom-tickpolicy-noop" on Model {
        summary: "a timer's tick policy or mode has no effect",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let timers = domain.xml.clock.iter().flat_map(|clock| &clock.timers);
    let findings = timers.map(|timer| (timer, idle(timer, model)));
    let findings = findings.filter(|(_, idle)| !idle.is_empty()).map(|(timer, idle)| {
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
    findings.collect()
}

/// The settings of a timer that do nothing.
fn idle<'a>(timer: &'a Timer, model: &Translation) -> Vec<(&'static str, &'a Word)> {
    let all = [("tickpolicy", &timer.tickpolicy), ("mode", &timer.mode)];
    let given = all.into_iter().filter_map(|(what, word)| Some((what, word.as_ref()?)));
    let named = given.filter(|_| timer.name.value != "pit");
    named.filter(|(_, word)| model.idle().any(|setting| setting.at == word.at)).collect()
}

fn remedy(timer: &Timer, idle: &[(&'static str, &Word)]) -> String {
    let name = &timer.name.value;
    if name == "tsc" && timer.frequency.is_none() {
        return "remove `<timer name='tsc'>`".to_owned();
    }
    if name == "rtc" && is(timer.tickpolicy.as_ref(), "delay") {
        return "remove `tickpolicy`, or write `catchup` for a guest that counts the RTC's ticks".to_owned();
    }
    let settings: Vec<String> = idle.iter().map(|(what, _)| format!("`{what}`")).collect();
    format!("remove {} from `<timer name='{name}'>`", settings.join(" and "))
}
