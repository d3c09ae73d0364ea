//! See [`RULE`].

use kvmtime_wire::domain::{Clock, DomainXml, Word, is};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;
use crate::translate::Irqchip;

crate::rule! {
    /// ## What it checks
    /// A running domain keeps time otherwise than its persistent definition says: another clock offset, other timers,
    /// another TSC, other Hyper-V timers, or other interrupt chips.
    ///
    /// ## Why it matters
    /// QEMU is told of all this when it starts. A change of the definition, be it a cure or a mistake, shows only after
    /// the guest was shut down and started; a reboot from inside keeps the old machine.
    ///
    /// ## What to do
    /// Shut the guest down and start it, when convenient, or take the change back.
    ///
    /// ## Exceptions
    /// Differences that make no other machine are not reported: settings without effect, what libvirt fills in by
    /// itself, and the adjustment of a variable offset, which follows the guest.
    ///
    /// ## References
    /// - libvirt `src/conf/domain_conf.c:virDomainObjSetDefTransient`
    /// - <https://libvirt.org/manpages/virsh.html#dumpxml>, `--inactive`
    "dom-live-differs-from-definition" on Domain {
        summary: "the running domain keeps time otherwise than its definition says",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let Some(definition) = domain.definition.optional()? else { return Ok(vec![]) };
    if !domain.xml.is_qemu() {
        return Ok(vec![]);
    }
    // With `host-model` the live XML lists what the definition leaves to the host.
    let open = |what: &str| definition.takes_hyperv_from_host() && what.contains("hyperv");
    let (live, defined) = (settings(&domain.xml, facts), settings(definition, facts));
    let differing: Vec<_> = live
        .iter()
        .zip(&defined)
        .filter(|(now, then)| now != then && !open(now.0))
        .collect();
    if differing.is_empty() {
        return Ok(vec![]);
    }
    let names: Vec<String> = differing.iter().map(|((what, _), _)| format!("`{what}`")).collect();
    let restart = format!("run `virsh shutdown {0}`, then `virsh start {0}`", domain.name);
    let found = RULE
        .found(format!("the running domain differs from its definition in {}", names.join(", ")))
        .cure(restart, Effect::GuestRestart, Risk::Careful)
        .at(&domain.path, domain.xml.clock_at());
    let found = differing.iter().fold(found, |found, ((what, now), (_, then))| {
        found
            .saw(*what, now, domain.path.clone())
            .saw(format!("{what} of the definition"), then, domain.definition.from())
    });
    Ok(vec![found])
}

/// Everything that makes another machine, in a fixed order, with QEMU's defaults where nothing is said.
fn settings(xml: &DomainXml, facts: &Facts) -> Vec<(&'static str, String)> {
    let rtc = xml.timer("rtc");
    let track = rtc.and_then(|rtc| rtc.track.as_ref()).map_or("wall", |track| &track.value);
    let catchup = is(rtc.and_then(|rtc| rtc.tickpolicy.as_ref()), "catchup");
    let discards = |name| xml.timers(name).any(|timer| is(timer.tickpolicy.as_ref(), "discard"));
    let policy = |discards| if discards { "discard" } else { "delay" };
    let state = |on| if on { "on" } else { "off" };
    let present = |name, default| xml.present(name).map_or(default, |word| word.value.as_str());
    let frequency = xml.tsc_frequency().map_or("host's".to_owned(), |(_, hz)| hz.to_string());
    vec![
        ("clock@offset", offset(xml.clock.as_ref())),
        ("clock/timer[rtc]@track", track.to_owned()),
        ("clock/timer[rtc]@tickpolicy", if catchup { "catchup" } else { "delay" }.to_owned()),
        ("clock/timer[pit]@tickpolicy", policy(discards("pit")).to_owned()),
        ("clock/timer[hpet]@present", present("hpet", "yes").to_owned()),
        ("clock/timer[kvmclock]@present", present("kvmclock", "yes").to_owned()),
        ("clock/timer[hypervclock]@present", present("hypervclock", "no").to_owned()),
        ("clock/timer[tsc]@frequency", frequency),
        ("clock/timer[armvtimer]@tickpolicy", policy(discards("armvtimer")).to_owned()),
        ("cpu/feature[invtsc]", state(xml.exposes_invtsc()).to_owned()),
        ("features/kvm/hidden@state", state(is(xml.kvm_hidden.as_ref(), "on")).to_owned()),
        ("features/hyperv/stimer@state", state(xml.enlightened("stimer").is_some()).to_owned()),
        ("split interrupt chip", state(facts.translate(xml).irqchip == Irqchip::Split).to_owned()),
    ]
}

fn offset(clock: Option<&Clock>) -> String {
    let text = |word: &Option<Word>| {
        word.as_ref().map_or(String::new(), |word| word.value.clone())
    };
    let Some(clock) = clock else { return "utc".to_owned() };
    let shifted = clock.adjustment.as_ref().is_some_and(|word| word.value.parse::<i64>().is_ok());
    match text(&clock.offset).as_str() {
        "timezone" => format!("timezone {}", text(&clock.timezone)),
        "absolute" => format!("absolute {}", text(&clock.start)),
        // libvirt makes these `variable` when they have an adjustment.
        "" | "utc" | "localtime" if shifted => "variable".to_owned(),
        "" => "utc".to_owned(),
        other => other.to_owned(),
    }
}
