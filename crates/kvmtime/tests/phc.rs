//! Real devices read inside guests: PTP clocks of network cards, of which some are no clocks, and the page of vmclock.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod debian;
mod guests;
mod injected;
mod lacking;
mod ntp;
mod report;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use guests::{E1000E, Guest, IGB, Image, Kernel, Unpacked};
use kvmtime_core::reading::Interval;
use kvmtime_core::units::Nanos;
use lacking::{Lacking, need, program};
use report::{KVMTIME, Look};
use serde_json::Value;

/// The release whose QEMU has a network card with a clock that is right (igb, since 8.0), and vmclock (since 10.0).
const NEWER: &str = "trixie";

/// The guest's clock and the card's count by the same clock of QEMU's.
const CLOCK: &str = "clocksource=hpet";

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The only measurement.
fn measured(folder: &Path, name: &str) -> Value {
    let said: Value = serde_json::from_str(&text(folder, name)).unwrap();
    said["measurements"][0].clone()
}

/// The clock is set to run 5.88 ppm fast (adjtimex(2) counts in 2^-16 ppm). It and the card's are then moved by a millisecond.
const GOOD: &str = "
modprobe igb
adjtimex -q -f 385352 >/dev/null
kvmtime measure --against phc --interval 50ms --duration 9s --format json >moved 2>/dev/null &
sleep 1
phc - 1000000
sleep 1
phc /dev/ptp0 1000000
sleep 1
phc /dev/ptp0 -1000000
wait
strace -o /dev/null -P /dev/ptp0 -e inject=ioctl:error=EOPNOTSUPP:when=1..2 \\
    kvmtime measure --against phc:/dev/ptp0 --duration 1s --format json >plain 2>/dev/null
strace -o /dev/null -P /dev/ptp0 -e inject=ioctl:error=ENODEV:when=10 \\
    kvmtime measure --against phc:/dev/ptp0 --interval 50ms --duration 2s --format json >replaced 2>/dev/null
kvmtime measure --duration 1s >best 2>/dev/null
kvmtime check guest --format json >check.json
kvmtime facts guest --format json >facts.json
";

#[test]
fn a_card_with_a_clock_is_measured_and_what_is_done_to_it_is_found() {
    let started = || -> Result<Guest, Lacking> {
        let folder = tempfile::tempdir().unwrap();
        let phc = injected::phc(folder.path())?;
        let image = Image::on(Kernel::whole()?, &IGB)?
            .program(KVMTIME.as_ref())?
            .program(&phc)?
            .program(&program("strace", "strace")?)?
            .job(GOOD);
        let card = ["-nic", "user,model=igb,mac=52:54:00:0a:0b:0c"];
        Ok(Guest::on(debian::qemu(NEWER)?, &image, CLOCK, &card))
    };
    let Some(guest) = need(started()) else { return };
    let folder = guest.results();
    let folder = folder.path();

    let moved = measured(folder, "moved");
    assert_eq!(
        moved["method"],
        "PTP_SYS_OFFSET_EXTENDED of /dev/ptp0, 5254000a0b0c of eth0 (PTP_SYS_OFFSET_PRECISE is not offered by its driver)"
    );
    let events = moved["events"].as_array().unwrap();
    let expected = [
        ("step", "clock", 1_000_000),
        ("jump", "clock", -1_000_000),
        ("jump", "against", -1_000_000),
    ];
    assert_eq!(events.len(), expected.len(), "{events:?}");
    for (event, (kind, side, by)) in events.iter().zip(expected) {
        assert_eq!((&event["kind"], &event["side"]), (&kind.into(), &side.into()), "{events:?}");
        let size: Interval = serde_json::from_value(event["size"].clone()).unwrap();
        assert!(size.contains(Nanos(by)) && size.radius() < Nanos(200_000), "{event}");
    }
    let hard = &moved["drift"]["hard"];
    let [lo, hi] = [0, 1].map(|end| hard[end].as_f64().unwrap());
    assert!(0.0 < lo && lo <= 5880.0 && 5880.0 <= hi, "{hard}");

    // A driver that offers less.
    let plain = measured(folder, "plain");
    let method = plain["method"].as_str().unwrap();
    assert!(method.starts_with("PTP_SYS_OFFSET of /dev/ptp0"), "{method}");
    assert!(method.contains("PTP_SYS_OFFSET_EXTENDED is not offered by its driver"), "{method}");
    let offset =
        |found: &Value| serde_json::from_value::<Interval>(found["offset"].clone()).unwrap();
    // 5.88 ppm for some seconds.
    let before = offset(&moved).widened(Nanos(100_000));
    assert!(before.intersect(offset(&plain)).is_some(), "{before:?} {plain}");

    // One that fails later.
    let replaced = measured(folder, "replaced");
    let method = replaced["method"].as_str().unwrap();
    assert!(method.starts_with("PTP_SYS_OFFSET of /dev/ptp0"), "{method}");
    assert!(
        method.contains("PTP_SYS_OFFSET_EXTENDED has worked, and now fails: no such device"),
        "{method}"
    );
    assert_eq!(replaced["lost"], 0, "{replaced}");
    assert!(before.intersect(offset(&replaced)).is_some(), "{before:?} {replaced}");

    // It is nobody's clock that a guest should follow by itself.
    let best = text(folder, "best");
    assert!(best.contains("no PTP clock shows a host's (/dev/ptp0 is 5254000a0b0c)"), "{best}");
    let look = Look::read(folder);
    let phcs = serde_json::json!([
        { "device": "ptp0", "clock_name": "5254000a0b0c", "links": [], "parent": "0000:00:02.0" }
    ]);
    assert_eq!(*look.fact("/phcs"), phcs);
    let expected =
        ["guest-clocksource-forced", "guest-clocksource-slow", "guest-no-time-discipline"];
    assert_eq!(look.check.rules("guest"), BTreeSet::from(expected));
}

/// What is said of a card whose clock is none, and of a daemon that follows it.
const SICK: &str = "
modprobe e1000e
kvmtime measure --against phc --duration 2s >said 2>&1
echo $? >status
mkdir -p /var/log/chrony /var/lib/chrony /etc/chrony/conf.d
chown _chrony /var/log/chrony /var/lib/chrony
echo 'refclock PHC /dev/ptp0 poll 0 dpoll -2' >/etc/chrony/conf.d/phc.conf
chronyd -F 1
until chronyc -n tracking | grep -q 'Frequency  *: [0-9]\\{5\\}'; do usleep 200000; done
kvmtime measure --against chronyd --duration 1ms >followed 2>&1
kvmtime check guest --format json >check.json
kvmtime facts guest --format json >facts.json
";

/// A QEMU whose e1000e has no clock that counts (before 8.0).
fn older() -> Result<Command, Lacking> {
    let qemu = program("qemu-system-x86_64", "qemu-system-x86")?;
    let said = Command::new(&qemu).arg("--version").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let version = said.split_whitespace().nth(3).unwrap();
    let major: u32 = version.split('.').next().unwrap().parse().unwrap();
    let lacking = || Lacking::Impossible(format!("QEMU before 8.0 (here is {version})"));
    (major < 8).then(|| Command::new(qemu)).ok_or_else(lacking)
}

#[test]
fn a_card_whose_clock_stands_or_races_is_no_reference_and_shares_its_name() {
    let start = |qemu: Result<Command, Lacking>| {
        let image = Image::on(Kernel::whole()?, &[E1000E])?;
        let image = ntp::on(image, &ntp::packages()?, "makestep 1 3")?.job(SICK);
        let cards = ["-nic", "user,model=e1000e", "-nic", "user,model=e1000e"];
        Ok(Guest::on(qemu?, &image, CLOCK, &cards))
    };
    let guests = [
        (need(start(older())), "stands still"),
        (need(start(debian::qemu(NEWER))), "runs 2.500 times as fast as this machine"),
    ];
    for (guest, words) in guests {
        let Some(guest) = guest else { continue };
        let folder = guest.results();
        let said = text(folder.path(), "said");
        assert!(said.contains(&format!(": /dev/ptp0 {words}")), "{said}");
        assert_eq!(text(folder.path(), "status"), "2\n");
        let followed = text(folder.path(), "followed");
        assert!(followed.contains("which follows the reference clock PHC0"), "{followed}");
        let look = Look::read(folder.path());
        assert!(look.check.rules("guest").contains("clock-rate-absurd"), "{:?}", look.check);
        let phcs = look.fact("/phcs");
        assert_eq!(phcs[0]["clock_name"], phcs[1]["clock_name"], "{phcs}");
        let mut cures =
            look.check.findings("guest").into_iter().map(|found| &found["cure"]["summary"]);
        let rule = format!("KERNELS==\"{}\"", phcs[0]["parent"].as_str().unwrap());
        assert!(cures.any(|cure| cure.as_str().unwrap().contains(&rule)), "{rule} {phcs}");
    }
}

/// Says what happens, and what a page without time is good for.
const PAGE: &str = "
modprobe ptp_vmclock
echo said: $(kvmtime measure --against vmclock 2>&1)
kvmtime measure --events --format json >/dev/console &
sleep 4
echo watching
wait
";

#[test]
fn a_restored_guest_is_told_so_by_its_vmclock() {
    let started = || -> Result<Guest, Lacking> {
        program("xz", "xz-utils")?;
        // The driver is in Linux since 6.13.
        let packages = debian::unpacked("sid-kernel", "sid", &["linux-image-cloud-amd64"])?;
        let image =
            Image::on(Kernel::of(Unpacked::at(packages))?, &["drivers/ptp/ptp_vmclock.ko"])?
                .program(KVMTIME.as_ref())?
                .job(PAGE);
        Ok(Guest::on(debian::qemu(NEWER)?, &image, CLOCK, &["-device", "vmclock"]))
    };
    let Some(mut guest) = need(started()) else { return };
    let said = guest.says("said: ");
    assert!(
        said.contains("the hypervisor tells of disruptions only and publishes no time"),
        "{said}"
    );
    guest.says("watching");
    guest.restore();
    loop {
        let line = guest.says("{\"schema\":\"kvmtime.event/1\",");
        let event: Value = serde_json::from_str(&format!("{{{line}")).unwrap();
        if event["what"] == "disrupted" {
            assert_eq!(event["evidence"], "vmclock's disruption marker was 1, and is 2");
            return;
        }
    }
}
