//! See [`RULE`].

use kvmtime_wire::qemu::properties;

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk, Severity};

crate::rule! {
    /// ## What it checks
    /// QEMU derives the guest's time from the number of instructions that it executed: `-icount`.
    ///
    /// ## Why it matters
    /// With a fixed shift guest time has nothing to do with real time, by design. With `shift=auto` QEMU adapts its
    /// pace and keeps guest time within seconds of real time. Together with KVM QEMU refuses the option.
    ///
    /// ## What to do
    /// Remove `-icount` and start QEMU anew.
    ///
    /// ## Exceptions
    /// Record and replay (`rr=record`, `rr=replay`) needs it, and nothing is reported. Deterministic tests of kernels
    /// and firmware use it on purpose.
    ///
    /// ## References
    /// - QEMU `qemu-options.hx`: `-icount`
    /// - <https://www.qemu.org/docs/master/devel/tcg-icount.html>
    "qemu-icount" on Arguments {
        summary: "guest time counts instructions instead of seconds",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu) -> Vec<Finding> {
    let Some(option) = qemu.line.last("icount") else { return vec![] };
    let given = properties(option.value.as_deref().unwrap_or_default(), "shift");
    if matches!(given.get("rr"), Some("record" | "replay")) {
        return vec![];
    }
    let (message, severity) = if qemu.line.accelerator() == "kvm" {
        ("QEMU does not start: `-icount` is not allowed with KVM", Severity::Error)
    } else if given.get("shift") == Some("auto") {
        ("guest time counts instructions and follows real time only roughly", Severity::Warning)
    } else {
        ("guest time counts instructions and does not follow real time", Severity::Error)
    };
    let found = RULE.found(message).severity(severity).cure(
        "remove `-icount` and start QEMU anew",
        Effect::GuestRestart,
        Risk::Careful,
    );
    vec![qemu.blame(found, option)]
}
