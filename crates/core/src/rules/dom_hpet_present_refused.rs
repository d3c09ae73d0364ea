//! See [`RULE`].

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate::{Setting, Stage};

crate::rule! {
    /// ## What it checks
    /// The domain asks for an HPET, `<timer name='hpet' present='yes'/>`, of libvirt 9.0 or 9.1 with QEMU 8.0 or later.
    ///
    /// ## Why it matters
    /// Those releases look for QEMU's option `-no-hpet`, which QEMU 8.0 has turned into a property of the machine, and
    /// take the HPET for unsupported: the domain cannot be defined. Debian 12 with a QEMU from backports is such a
    /// pair.
    ///
    /// ## What to do
    /// Remove `present='yes'`: the HPET is there by default. Or use libvirt 9.2.0 or later.
    ///
    /// ## Exceptions
    /// None.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers`, corrected in 9.2.0
    /// - QEMU `docs/about/removed-features.rst`, `-no-hpet`
    "dom-hpet-present-refused" on Domain {
        summary: "libvirt 9.0 and 9.1 refuse to define a domain with an HPET on QEMU 8.0 and later",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some(model) = domain.translation(facts) else { return Ok(vec![]) };
    let hpet = |s: &Setting| s.value == "yes" && s.path == "clock/timer[hpet]@present";
    if !domain.xml.is_x86() || !model.settings.iter().any(hpet) {
        return Ok(vec![]);
    }
    let host = &facts.need_host()?.libvirt;
    host.version.get()?;
    host.qemu_version.get()?;
    let refused = model.refused_settings().filter(|(s, _)| hpet(s));
    let findings = refused.filter(|(_, refusal)| refusal.at == Stage::Define).map(|(s, refusal)| {
        let present = s.word();
        let found = RULE
            .found("this libvirt refuses to define a domain with an HPET on this QEMU")
            .saw_fact("libvirt", &host.version, Clone::clone)
            .saw_fact("QEMU", &host.qemu_version, Clone::clone)
            .cure("remove `present='yes'`", Effect::GuestRestart, Risk::Safe)
            .change(domain.remove("present", &present));
        domain.blame(domain.heard(found, model, refusal), &s.path, &present)
    });
    Ok(findings.collect())
}
