//! See [`RULE`].

use kvmtime_wire::domain::{Timer, Word, is};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

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
    "dom-armvtimer-policy" on Domain {
        summary: "Arm's virtual timer is set to its default, or to what libvirt refuses",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, _: &Facts) -> Verdict {
    let xml = &domain.xml;
    let Some(timer) = xml.timer("armvtimer").filter(|_| xml.is_qemu()) else { return Ok(vec![]) };
    let arm = xml.arch.as_ref().is_some_and(|arch| {
        matches!(arch.value.as_str(), "aarch64" | "armv7l" | "armv6l")
    });
    if let Some((what, word)) = refused(timer, arm && xml.is_kvm()) {
        let found = RULE
            .found("libvirt refuses what the domain asks of Arm's virtual timer")
            .severity(Severity::Error)
            .cure("remove `<timer name='armvtimer'>`", Effect::GuestRestart, Risk::Safe);
        return Ok(vec![domain.blame(found, what, word)]);
    }
    let policy = timer.tickpolicy.as_ref();
    if is(policy, "discard") {
        return Ok(vec![]);
    }
    let found = RULE.found("a pause is taken off the guest's counter, as it is by default").cure(
        "write `tickpolicy='discard'` where the clock must go on through a pause, else remove the line",
        Effect::GuestRestart,
        Risk::Manual,
    );
    let what = "clock/timer[armvtimer]@tickpolicy";
    Ok(vec![match policy {
        Some(policy) => domain.blame(found, what, policy),
        None => domain.lacks(found, what, timer.at),
    }])
}

/// The part of the timer that libvirt refuses.
fn refused(timer: &Timer, supported: bool) -> Option<(&'static str, &Word)> {
    if !supported {
        return Some(("clock/timer[armvtimer]@name", &timer.name));
    }
    let policy = timer.tickpolicy.as_ref();
    let policy = policy.filter(|policy| matches!(policy.value.as_str(), "catchup" | "merge"));
    let absent = timer.present.as_ref().filter(|present| is(Some(present), "no"));
    policy
        .map(|policy| ("clock/timer[armvtimer]@tickpolicy", policy))
        .or(absent.map(|present| ("clock/timer[armvtimer]@present", present)))
}
