//! See [`RULE`].

use kvmtime_wire::domain::{Clock, Timer, is};

use crate::facts::{Domain, Facts};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::profile::Os;
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The PIT has the tick policy `delay`, or is listed without one, which means the same to libvirt.
    ///
    /// ## Why it matters
    /// The word has changed its meaning. Today `delay`, `catchup` and no PIT line at all are one and the same machine:
    /// KVM keeps every lost tick and delivers it later. Old libvirt turned `delay` into the opposite,
    /// `-no-kvm-pit-reinjection` and later `kvm-pit.lost_tick_policy=discard`, and a guest that counts ticks fell
    /// behind under load. libvirt 3.2 already passed what it passes today; which release changed it is not known.
    ///
    /// ## What to do
    /// Write `tickpolicy='catchup'`, which has meant the same in every release, or `discard` where ticks shall be
    /// dropped. Changing it on a current libvirt changes nothing in the machine. What a running QEMU was told stands in
    /// `/proc/PID/cmdline`.
    ///
    /// ## Exceptions
    /// Not reported for guests that do not count ticks where the line is part of what virt-install, nova and oVirt
    /// write by themselves, nor without KVM or with a split interrupt chip, where it does nothing. A warning only where
    /// QEMU was told to drop the ticks of a guest that counts them.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockCommandLine`
    /// - QEMU `hw/i386/kvm/i8254.c`, property `lost_tick_policy`
    /// - QEMU `docs/about/removed-features.rst`, `-no-kvm-pit-reinjection`
    "dom-pit-delay-ambiguous" on Domain {
        summary: "the PIT's policy `delay` re-injects lost ticks today and dropped them with old libvirt",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(domain: &Domain, facts: &Facts) -> Verdict {
    let xml = &domain.xml;
    let ambiguous = |pit: &&Timer| pit.tickpolicy.is_none() || is(pit.tickpolicy.as_ref(), "delay");
    let Some(pit) = xml.timers("pit").find(ambiguous) else { return Ok(vec![]) };
    if !xml.is_kvm_x86() || domain.splits_irqchip(facts) {
        return Ok(vec![]);
    }
    let dropping = dropping(domain, facts);
    let generated = xml.clock.as_ref().is_some_and(is_generated);
    let counts_ticks = domain.os.value().is_some_and(Os::counts_ticks);
    let lost = counts_ticks && dropping.is_some();
    if !counts_ticks && generated && dropping.is_none() {
        // What is generated for every guest matters only to one that counts ticks.
        domain.os.get()?;
        return Ok(vec![]);
    }
    let found = RULE
        .found(match dropping {
            Some(_) => "the PIT's policy is `delay`, and this QEMU was told to drop lost ticks",
            None => {
                "the PIT's policy `delay` is the same machine as `catchup` and as no PIT line today, \
                 but dropped lost ticks with old libvirt"
            }
        })
        .severity(if lost { Severity::Warning } else { Severity::Info })
        .saw_fact("operating system", &domain.os, |os| os.id.clone())
        .cure("write `tickpolicy='catchup'`", Effect::GuestRestart, Risk::Careful);
    let found = match dropping {
        Some((option, from)) => found.saw("QEMU's command line", option, from),
        None => found,
    };
    Ok(vec![blame(domain, found, pit)])
}

fn blame(domain: &Domain, found: Finding, pit: &Timer) -> Finding {
    match &pit.tickpolicy {
        Some(policy) => domain
            .blame(found, "clock/timer[pit]@tickpolicy", policy)
            .change(domain.rewrite("tickpolicy", policy, "catchup")),
        None => domain.lacks(found, "clock/timer[pit]@tickpolicy", pit.at),
    }
}

/// The option by which this domain's running QEMU was told to drop lost ticks, and where it was read.
fn dropping<'a>(domain: &Domain, facts: &'a Facts) -> Option<(&'static str, &'a str)> {
    let qemu = facts.qemus.iter().find(|qemu| qemu.name == domain.name)?;
    if qemu.line.last("no-kvm-pit-reinjection").is_some() {
        return Some(("-no-kvm-pit-reinjection", &qemu.from));
    }
    let (_, policy) = qemu.line.global("kvm-pit", "lost_tick_policy")?;
    (policy == "discard").then_some(("-global kvm-pit.lost_tick_policy=discard", &qemu.from))
}

/// Whether the timers are those that virt-install, nova and oVirt write, with nothing changed.
fn is_generated(clock: &Clock) -> bool {
    let plain = |timer: &Timer| timer.tickpolicy.is_none() && timer.mode.is_none();
    let expected = |timer: &Timer| match timer.name.value.as_str() {
        // `wall` is the default, and the cure of dom-rtc-track-guest.
        "rtc" => {
            is(timer.tickpolicy.as_ref(), "catchup")
                && timer.track.as_ref().is_none_or(|track| track.value == "wall")
        }
        "pit" => is(timer.tickpolicy.as_ref(), "delay"),
        "hpet" | "hypervclock" | "kvmclock" | "tsc" => plain(timer),
        _ => false,
    };
    let changed = |timer: &Timer| timer.catchup.is_some() || !expected(timer);
    clock.timers.iter().any(|timer| timer.name.value == "rtc") && !clock.timers.iter().any(changed)
}
