//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::{Setting, Translation, UNADJUSTED};

crate::rule! {
    /// ## What it checks
    /// A setting of clock, timers, CPU or Hyper-V is accepted, and nothing comes of it: a `timezone` without
    /// `offset='timezone'`, a `basis` without `offset='variable'`, a second `<timer name='rtc'>`, a timer that is only
    /// named, an enlightenment beside `mode='passthrough'`, and attributes that libvirt does not know, such as `wallclock` of
    /// old vendor guides and what is mistyped.
    ///
    /// ## Why it matters
    /// The guest is not set up as the XML reads. libvirt says nothing, `virsh dumpxml` often shows the setting again, and
    /// whoever reads it counts on it.
    ///
    /// ## What to do
    /// Remove the setting, or write the one that has the effect. `kvmtime translate` shows what becomes of each.
    ///
    /// ## Exceptions
    /// Not reported is what says no more than what is so anyway, such as `present='yes'` on the RTC, and what another rule
    /// speaks of: `dom-tickpolicy-noop`, `dom-timer-present-noop`, `dom-catchup-tunables-noop`.
    ///
    /// ## References
    /// - libvirt `src/conf/domain_conf.c:virDomainDefClockParse`
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr`, `qemuBuildCpuCommandLine`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-clock-setting-noop" on Model {
        summary: "a setting of clock or timers is accepted and does nothing",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let idle = model.idle().filter(|setting| !has_its_own_rule(setting) && !is_so_anyway(setting));
    let findings = idle.map(|setting| {
        let written = match setting.of_timer() {
            Some((name, "name")) => format!("`<timer name='{name}'/>`"),
            _ => format!("`{}='{}'`", setting.path, setting.value),
        };
        let found = RULE
            .found(format!("{written} has no effect: {}", setting.device))
            .cure("remove it, or write what has the effect", Effect::GuestRestart, Risk::Safe);
        domain.blame(found, &setting.path, &setting.word())
    });
    findings.collect()
}

fn has_its_own_rule(setting: &Setting) -> bool {
    match setting.of_timer() {
        Some(("rtc" | "pit" | "tsc", "present")) => setting.value == "no",
        Some((name, "tickpolicy" | "mode")) => name != "pit",
        _ => setting.path.contains("/catchup@"),
    }
}

/// Whether it says no more than what is so anyway, or nothing of clocks.
fn is_so_anyway(setting: &Setting) -> bool {
    match (&*setting.path, &*setting.value) {
        ("cpu@mode" | "clock@offset" | "devices/iommu/driver@intremap", _) => true,
        ("features/hyperv@mode", mode) => mode == "custom",
        // For `variable` it is no number, and counts as 0.
        ("clock@adjustment", "reset") => setting.device == UNADJUSTED,
        // What a guest that counts ticks shall say, as it has meant the same with every libvirt.
        ("clock/timer[pit]@tickpolicy", "catchup") => true,
        (path, "off") if path.starts_with("features/") => true,
        (path, _) => path.starts_with("clock/timer[") && path.ends_with("]@present"),
    }
}
