//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};
use crate::translate::{Refusal, Stage, Translation};

crate::rule! {
    /// ## What it checks
    /// libvirt refuses to define or to start the domain, or QEMU ends at once, for what it says of clocks, of the CPU's
    /// TSC, of Hyper-V or of interrupt chips. The finding has their own words, and the version that says so.
    ///
    /// ## Why it matters
    /// The domain cannot be defined, or does not start. One that an older libvirt has taken stays listed after an
    /// upgrade, and fails at its next start: so does `<timer name='hpet' present='no'/>` when libvirt before 9.0, which
    /// writes `-no-hpet`, gets a QEMU from 9.0 on, which no longer knows it.
    ///
    /// ## What to do
    /// Write what libvirt takes, or remove the setting. `kvmtime translate` says what becomes of each.
    ///
    /// ## Exceptions
    /// What has a rule of its own: timers (`dom-rtc-policy-unsupported`), enlightenments that need another
    /// (`dom-stimer-prereq`), a TSC frequency that the host cannot give (`dom-tsc-frequency-unsupported`). Where the
    /// host's versions are not known the newest are assumed.
    ///
    /// ## References
    /// - libvirt `src/conf/domain_conf.c:virDomainDefClockParse`, `src/qemu/qemu_validate.c`
    /// - QEMU `docs/about/removed-features.rst`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-clock-refused" on Model {
        summary: "libvirt or QEMU refuses what the domain says of its clock",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, model: &Translation) -> Vec<Finding> {
    let mut places = Vec::new();
    let refused = model.refusals.iter().filter(|refusal| !has_its_own_rule(model, refusal));
    let refused = refused.filter(|refusal| {
        let new = !places.contains(&refusal.place);
        places.push(refusal.place);
        new
    });
    refused.map(|refusal| finding(domain, model, refusal)).collect()
}

fn finding(domain: &Domain, model: &Translation, refusal: &Refusal) -> Finding {
    let what = match (refusal.by_qemu, refusal.at) {
        (true, _) => "QEMU does not start the guest",
        (false, Stage::Define) => "libvirt refuses to define the domain",
        (false, Stage::Start) => "libvirt refuses to start the domain",
    };
    let found = RULE.found(format!("{what}: {}", refusal.message)).cure(
        if refusal.by_qemu { "remove the setting, or use versions that belong together" } else {
            "write a value that libvirt takes, or remove it"
        },
        Effect::GuestRestart,
        Risk::Careful,
    );
    let found = domain.heard(found, model, refusal);
    match model.settings.iter().find(|setting| setting.at == refusal.place) {
        Some(setting) => domain.blame(found, &setting.path, &setting.word()),
        None => found,
    }
}

fn has_its_own_rule(model: &Translation, refusal: &Refusal) -> bool {
    let mut here = model.settings.iter().filter(|setting| setting.at == refusal.place);
    let timer = here.any(|setting| setting.path.starts_with("clock/timer["));
    refusal.lacks.is_some() || timer && !refusal.by_qemu
}
