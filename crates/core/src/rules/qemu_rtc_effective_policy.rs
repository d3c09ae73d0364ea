//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Facts, Qemu, Setting};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::profile::{Family, Os};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// What a QEMU command line makes of RTC and PIT, judged as libvirt's XML would be:
    /// - an RTC in UTC under Windows, or in local time under Linux or a BSD (`-rtc base=`);
    /// - an RTC that follows the guest's own clock (`-rtc clock=vm`);
    /// - RTC ticks that are lost under Windows (no `-rtc driftfix=slew`);
    /// - PIT ticks that are lost under a guest that counts them (`-global kvm-pit.lost_tick_policy=discard`).
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
    /// `LOCAL` one in local time.
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
    let x86 = qemu.line.is_x86();
    let loses_rtc_ticks = x86 && qemu.rtc_lost_ticks().value != "slew";
    let loses_pit_ticks = x86 && qemu.pit_lost_ticks().value == "discard";
    let dated = !matches!(&*base.value, "utc" | "localtime");
    if dated && !loses_rtc_ticks && !loses_pit_ticks {
        return Ok(vec![]);
    }
    let os = qemu.os(facts)?;
    let mut found: Vec<Finding> = wrong_base(qemu, os, &base).into_iter().collect();
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
            .found("the RTC follows guest time, so it stands still whenever the VM is paused or saved")
            .cure("leave `clock=vm` out of `-rtc`", Effect::GuestRestart, Risk::Careful);
        mirror(qemu, found, "dom-rtc-track-guest", "-rtc clock", &clock)
    })
}

fn wrong_base(qemu: &Qemu, os: &Os, base: &Setting<'_>) -> Option<Finding> {
    let (like, right) = match (&*base.value, os.family) {
        ("utc", Family::Windows) => ("dom-offset-windows-utc", "localtime"),
        (
            "localtime",
            Family::Linux | Family::Freebsd | Family::Netbsd | Family::Openbsd,
        ) => ("dom-offset-linux-localtime", "utc"),
        _ => return None,
    };
    let message = format!("the RTC starts in `{}`, which {} takes for {right}", base.value, os.id);
    let found = RULE.found(message).cure(
        format!("start QEMU with `-rtc base={right}`; in libvirt's XML write `offset='{right}'`"),
        Effect::GuestRestart,
        Risk::Careful,
    );
    Some(mirror(qemu, found, like, "-rtc base", base))
}

fn no_catchup(qemu: &Qemu) -> Finding {
    let cpu = qemu.line.cpu();
    let all = cpu.on("hv-passthrough");
    let severity = match (all || cpu.on("hv-time"), all || cpu.on("hv-stimer")) {
        (false, _) => Severity::Error,
        (true, false) => Severity::Warning,
        (true, true) => Severity::Info,
    };
    let found =
        RULE.found("RTC ticks that Windows misses are lost for good").severity(severity).cure(
            "start QEMU with `-rtc driftfix=slew`; in libvirt's XML write `<timer name='rtc' tickpolicy='catchup'/>`",
            Effect::GuestRestart,
            Risk::Careful,
        );
    let policy = qemu.rtc_lost_ticks();
    mirror(qemu, found, "dom-rtc-no-catchup-windows", "RTC lost ticks", &policy)
}

fn pit_discards(qemu: &Qemu, os: &Os) -> Finding {
    let message = format!("PIT ticks that {} misses are lost, and its clock counts them", os.id);
    let found = RULE.found(message).severity(Severity::Error).cure(
        "leave `kvm-pit.lost_tick_policy=discard` out; in libvirt's XML write `<timer name='pit' tickpolicy='catchup'/>`",
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
