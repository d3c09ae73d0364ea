//! See [`RULE`].

use kvmtime_wire::domain::Timer;

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::translate::{Setting, Translation};

crate::rule! {
    /// ## What it checks
    /// What `<timer name='armvtimer'/>` asks of Arm's virtual timer: the default, or something that libvirt refuses.
    ///
    /// ## Why it matters
    /// By default (`delay`, or no policy) QEMU takes the time of a pause off the guest's counter, so the guest's clock
    /// is behind by the pause and must be set. With `discard` the counter runs on, and the guest sees a jump.
    /// `catchup`, `merge`, `present='no'`, and any such timer without KVM or Arm, make libvirt refuse the domain.
    ///
    /// ## What to do
    /// Write `tickpolicy='discard'` where the clock must go on through a pause; else remove the line.
    ///
    /// ## Exceptions
    /// Workloads that must not see their clock jump keep the default. A domain without the line is not reported.
    ///
    /// ## References
    /// - QEMU `docs/system/arm/cpu-features.rst`, `kvm-no-adjvtime`
    /// - libvirt `src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers`
    "dom-armvtimer-policy" on Model {
        summary: "Arm's virtual timer is set to its default, or to what libvirt refuses",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let of_arm = |s: &Setting| s.of_timer().is_some_and(|(name, _)| name == "armvtimer");
    let refused = model.refused_settings().filter(|(setting, _)| of_arm(setting));
    let errors = refused.map(|(setting, refusal)| {
        let found = RULE
            .found("libvirt refuses what the domain asks of Arm's virtual timer")
            .severity(Severity::Error)
            .cure("remove `<timer name='armvtimer'>`", Effect::GuestRestart, Risk::Safe);
        domain.blame(domain.heard(found, model, refusal), &setting.path, &setting.word())
    });
    let errors: Vec<Finding> = errors.collect();
    let runs_on = model.settings.iter().any(|setting| setting.yields("kvm-no-adjvtime=on"));
    match domain.xml.timer("armvtimer") {
        Some(timer) if errors.is_empty() && !runs_on => vec![as_by_default(domain, timer)],
        _ => errors,
    }
}

fn as_by_default(domain: &Domain, timer: &Timer) -> Finding {
    const WHAT: &str = "clock/timer[armvtimer]@tickpolicy";
    let found = RULE.found("a pause is taken off the guest's counter, as it is by default").cure(
        "write `tickpolicy='discard'` where the clock must go on through a pause, else remove the line",
        Effect::GuestRestart,
        Risk::Manual,
    );
    match &timer.tickpolicy {
        Some(policy) => domain.blame(found, WHAT, policy),
        None => domain.lacks(found, WHAT, timer.at),
    }
}
