//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate::{Outcome, Setting, Stage};

crate::rule! {
    /// ## What it checks
    /// The TSC frequency that the domain asks for is more than 250 ppm from the host's, and the host's CPU cannot
    /// scale.
    ///
    /// ## Why it matters
    /// The guest does not start here, and cannot migrate to here. libvirt says "Requested TSC frequency … outside
    /// tolerance range … TSC scaling is not supported by the host CPU"; QEMU says "TSC frequency mismatch between VM
    /// and host, and TSC scaling unavailable".
    ///
    /// ## What to do
    /// Write the frequency that `virsh capabilities` shows, or run the guest on a host whose TSC scales.
    ///
    /// ## Exceptions
    /// None. Within 250 ppm the guest starts, but is not scaled: see `dom-tsc-frequency-not-scaled`.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`
    /// - QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`
    /// - Linux `arch/x86/kvm/x86.c:kvm_set_tsc_khz`
    "dom-tsc-frequency-unsupported" on Domain {
        summary: "this host cannot give the guest the TSC frequency that it asks for",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some(model) = domain.translation(facts) else { return Ok(vec![]) };
    let asks = |s: &&Setting| {
        s.path == "clock/timer[tsc]@frequency"
            && matches!(s.outcome, Outcome::Emitted | Outcome::RefusedAtStart)
    };
    if !model.settings.iter().any(|setting| asks(&setting)) {
        return Ok(vec![]);
    }
    let tsc = facts.need_host()?.tsc();
    let host = tsc.get()?.frequency;
    let refused = model.refused_settings().filter(|(s, r)| asks(s) && r.at == Stage::Start);
    let findings = refused.map(|(setting, refusal)| {
        let word = setting.word();
        let found = RULE
            .found(format!(
                "the guest asks for a TSC of {} Hz, and this host has one of {host} Hz",
                word.value
            ))
            .saw_fact("host's TSC, Hz", &tsc, |tsc| tsc.frequency)
            .saw("host's TSC scales", "no", tsc.from())
            .cure(format!("write `frequency='{host}'`"), Effect::GuestRestart, Risk::Manual)
            .change(domain.rewrite("frequency", &word, &host.to_string()));
        domain.blame(domain.heard(found, model, refusal), "clock/timer[tsc]@frequency", &word)
    });
    Ok(findings.collect())
}
