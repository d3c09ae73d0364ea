//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::fact::Unknown;
use crate::facts::{Facts, Qemu, Setting};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::lifecycle::ALL;
use crate::profile::{Family, Os};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// What a QEMU command line makes of RTC and PIT, judged as libvirt's XML would be:
    /// - an RTC in UTC under Windows, or in local time under Linux or a BSD (`-rtc base=`);
    /// - an RTC that follows the guest's own clock (`-rtc clock=vm`);
    /// - RTC ticks that are dropped under Windows (no `-rtc driftfix=slew`);
    /// - PIT ticks that are dropped under a guest that counts them (`-global kvm-pit.lost_tick_policy=discard`).
    ///
    /// What no option sets has QEMU's default: `base=utc,clock=host`, RTC ticks discarded, PIT ticks delivered late.
    /// Each finding names the rule that finds the same fault in XML.
    ///
    /// ## Why it matters
    /// Scripts have no XML. And under libvirt the command line is what runs: the same `tickpolicy='delay'` of the PIT
    /// is `discard` with old versions of libvirt and `delay` with new ones.
    ///
    /// ## What to do
    /// Change the option and start QEMU anew. What libvirt starts is changed in the domain's XML.
    ///
    /// ## Exceptions
    /// A Windows whose registry has `RealTimeIsUniversal` = 1 wants an RTC in UTC, a Linux whose `/etc/adjtime` says
    /// `LOCAL` one in local time. A date as base says nothing about its time scale. Where the host's zone is at UTC, and
    /// for Windows under KubeVirt, a base that does not suit is only noted; so is `clock=vm` where `--lifecycle` says that the
    /// VM never stops.
    ///
    /// ## References
    /// - QEMU `system/rtc.c:configure_rtc`
    /// - QEMU `hw/rtc/mc146818rtc.c`, `hw/i386/kvm/i8254.c`: `lost_tick_policy`
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr`, `qemuBuildClockCommandLine`
    "qemu-rtc-effective-policy" on Qemu {
        summary: "QEMU's RTC or PIT is set up wrong for its guest",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu, facts: &Facts) -> Verdict {
    let mut found: Vec<Finding> = tracks_guest(qemu).into_iter().collect();
    match faults_of_system(qemu, facts) {
        Ok(faults) => found.extend(faults),
        Err(unknown) if found.is_empty() => return Err(unknown),
        Err(_) => {}
    }
    Ok(found)
}

fn faults_of_system(qemu: &Qemu, facts: &Facts) -> Result<Vec<Finding>, Unknown> {
    let base = qemu.rtc_base();
    let dated = !matches!(&*base.value, "utc" | "localtime");
    // With a split interrupt chip RTC catch-up runs away, and the PIT is QEMU's own.
    let whole = qemu.line.is_x86() && qemu.kernel_irqchip().value != "split";
    let loses_rtc_ticks = whole && qemu.rtc_lost_ticks().value != "slew";
    let kvm = qemu.line.accelerator() == "kvm" && qemu.kernel_irqchip().value != "off";
    let loses_pit_ticks = whole && kvm && qemu.pit_lost_ticks().value == "discard";
    if dated && !loses_rtc_ticks && !loses_pit_ticks {
        return Ok(vec![]);
    }
    let os = qemu.os.get()?;
    let mut found: Vec<Finding> = wrong_base(qemu, facts, os, &base).into_iter().collect();
    if loses_rtc_ticks && os.is_windows() {
        found.push(no_catchup(qemu));
    }
    if loses_pit_ticks && os.counts_ticks() {
        found.push(pit_discards(qemu, os));
    }
    Ok(found)
}

fn tracks_guest(qemu: &Qemu) -> Option<Finding> {
    let clock = qemu.rtc_clock();
    (clock.value == "vm").then(|| {
        let found = RULE
            .found("the RTC follows guest time, so it stands still while the VM is paused or saved")
            .cure("leave `clock=vm` out of `-rtc` (in XML: the RTC's `track='guest'`)", Effect::GuestRestart, Risk::Careful);
        let found = mirror(qemu, found, "dom-rtc-track-guest", "-rtc clock", &clock);
        qemu.lifecycle.judge(found, ALL, RULE.severity)
    })
}

fn wrong_base(qemu: &Qemu, facts: &Facts, os: &Os, base: &Setting<'_>) -> Option<Finding> {
    let (like, message, right) = match &*base.value {
        "utc" if os.is_windows() || os.family == Family::Dos => (
            "dom-offset-windows-utc",
            format!("the RTC shows UTC, which the guest, `{}`, takes for local time", os.id),
            "localtime",
        ),
        "localtime" if os.takes_rtc_for_utc() => (
            "dom-offset-linux-localtime",
            format!("the RTC shows local time, which the guest, `{}`, takes for UTC", os.id),
            "utc",
        ),
        _ => return None,
    };
    // A zone in XML becomes `base=localtime`, with TZ in QEMU's environment.
    let clock = qemu.domain(facts).and_then(|domain| domain.xml.clock.as_ref());
    let zoned = clock.filter(|clock| right == "utc" && is(clock.offset.as_ref(), "timezone"));
    if zoned.is_some_and(|clock| super::dom_offset_linux_localtime::local(clock).is_none()) {
        return None;
    }
    let zone = facts.host().and_then(|host| host.rtc.zone_offset_seconds.value());
    let same = zoned.is_none() && zone == Some(&0);
    let meant = right == "localtime" && qemu.domain(facts).is_some_and(|domain| domain.xml.kubevirt);
    let cure = if same && right == "localtime" {
        "tell the guest that the RTC shows UTC, unless its zone is UTC: this host's local time is UTC".to_owned()
    } else {
        format!("start QEMU with `-rtc base={right}` (in XML: `offset='{right}'`)")
    };
    let found = RULE
        .found(message)
        .severity(if same || meant { Severity::Info } else { Severity::Warning })
        .cure(cure, Effect::GuestRestart, Risk::Manual);
    Some(mirror(qemu, found, like, "-rtc base", base))
}

fn no_catchup(qemu: &Qemu) -> Finding {
    let cpu = qemu.line.cpu();
    let all = cpu.on("hv-passthrough");
    let severity = super::dom_rtc_no_catchup_windows::severity(
        all || cpu.on("hv-time"),
        all || cpu.on("hv-stimer"),
        qemu.line.accelerator() == "kvm",
    );
    let found = RULE
        .found("the RTC drops the ticks that Windows loses while the host is busy")
        .severity(severity)
        .cure(
            "start QEMU with `-rtc driftfix=slew` (in XML: the RTC's `tickpolicy='catchup'`)",
            Effect::GuestRestart,
            Risk::Careful,
        );
    let policy = qemu.rtc_lost_ticks();
    mirror(qemu, found, "dom-rtc-no-catchup-windows", "RTC lost ticks", &policy)
}

fn pit_discards(qemu: &Qemu, os: &Os) -> Finding {
    let message = format!("the guest, `{}`, counts timer ticks, and the PIT drops lost ones", os.id);
    let found = RULE.found(message).severity(Severity::Error).cure(
        "leave the policy `discard` out (in XML: the PIT's `tickpolicy='catchup'`)",
        Effect::GuestRestart,
        Risk::Careful,
    );
    mirror(qemu, found, "dom-pit-discard-tick-guest", "PIT lost ticks", &qemu.pit_lost_ticks())
}

fn mirror(
    qemu: &Qemu,
    found: Finding,
    like: &'static str,
    what: &'static str,
    setting: &Setting<'_>,
) -> Finding {
    qemu.blame_setting(found, what, setting).saw(
        "the same fault in libvirt XML",
        like,
        qemu.from.clone(),
    )
}
