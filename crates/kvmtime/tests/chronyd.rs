//! A guest whose clock a real chronyd keeps: kvmtime says of it what is true of that clock.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod lacking;
mod ntp;
mod report;

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guests::{Guest, Image};
use lacking::{Lacking, need};
use ntp::Server;
use report::{Look, Report};
use serde_json::{Value, json};
use tempfile::TempDir;

/// chronyd as Debian starts it; it also writes down each of its updates of the clock.
const START: &str = "
mkdir -p /var/log/chrony /var/lib/chrony /etc/chrony/conf.d
chown _chrony /var/log/chrony /var/lib/chrony
echo log tracking >/etc/chrony/conf.d/log.conf
syslogd -O /var/log/syslog
look() {
    mkdir $1
    kvmtime check host guest --format json >$1/check.json
    kvmtime facts guest --format json >$1/facts.json
}
updated() {
    until [ $(grep -c 10.0.2.2 /var/log/chrony/tracking.log) -ge $1 ]; do usleep 10000; done
}
chronyd -F 1
";

/// Until the clock is right, and more than those three updates have passed in which Debian's chronyd may step it.
const SYNCHRONISED: &str = "
chronyc waitsync 0 0.01 0 0.1
updated 8
";

/// Has the machine paused, until most of what chronyd remembers came later.
const PAUSED: &str = "
updates=$(grep -c 10.0.2.2 /var/log/chrony/tracking.log)
echo pause me
updated $((updates + 16))
";

const SAY_TIME: &str = "
echo my time: $(date +%s)
";

/// Until chronyd has asked its server.
const ASKED: &str = "
until chronyc ntpdata | grep -q 'Total TX *: [1-9]'; do usleep 10000; done
";

/// chronyd once more, without a server.
const RESTARTED: &str = "
kill $(pidof chronyd)
while pidof chronyd; do usleep 10000; done
rm /etc/chrony/sources.d/host.sources
echo local stratum 10 >/etc/chrony/conf.d/local.conf
chronyd -F 1
";

/// A second daemon, until it answers.
const SECOND: &str = "
mkdir -p /run/openntpd /var/lib/openntpd/db /var/lib/openntpd/run
ntpd
until ntpctl -s status; do usleep 10000; done
";

/// On busy CPUs an emulated machine may measure its TSC wrongly. The date at the start is wrong, too.
const CLOCK: &str = "clocksource=hpet";
const OPTIONS: [&str; 4] =
    ["-rtc", "base=2020-02-02T20:02:02", "-nic", "user,model=virtio-net-pci"];

/// More than a second, from which on Debian's chronyd would step, by more than clocks that are read in whole seconds hide.
const PAUSE: Duration = Duration::from_secs(4);

const UNSYNCHRONISED: &str = "host-unsynchronised";
const LIMITED: &str = "guest-chrony-makestep-limited";
const NOBODY: &str = "guest-no-time-discipline";
const OWN_CLOCK: &str = "guest-ntp-local-clock";
const SEVERAL: &str = "guest-multiple-time-daemons";

#[test]
fn a_clock_that_follows_a_server_is_right_until_its_machine_is_stopped() {
    let Some((folder, behind)) = need(paused("makestep 1 3")) else { return };
    assert!(behind[0].abs() < 2.0, "chronyd did not set the guest's clock: {behind:?}");
    let before = Look::read(&folder.path().join("before"));
    is_synchronised(&before, 0.1);
    // It stepped to the right date itself, as it may at its start.
    assert_eq!(faults(&before), BTreeSet::new());
    is_the_same_elsewhere(&before, &folder.path().join("captured"));

    assert!(behind[1] > 2.0, "chronyd stepped: {behind:?}");
    let after = Look::read(&folder.path().join("after"));
    assert_eq!(faults(&after), BTreeSet::from([LIMITED]));
    // A second is certainly exceeded while chronyd slews, and not before; on busy CPUs it may not be certain that it is kept.
    for (name, exceeded) in [("before", false), ("after", true)] {
        let facts = folder.path().join(name).join("facts.json");
        let report = Report::on(&["--budget", "1", "--facts"], &facts);
        let certain = |found: &&Value| {
            found["rule"] == "clock-error-exceeds-budget" && found["severity"] == "error"
        };
        assert_eq!(report.findings("guest").iter().any(certain), exceeded, "{name}");
    }
    let evidence = &found(&after, "guest", LIMITED)["evidence"];
    let words = evidence[0]["value"].as_str().unwrap();
    assert!(words.starts_with("System clock wrong by "), "{words}");
    assert_eq!(evidence[1]["value"], "makestep 1 3");
}

#[test]
fn a_chronyd_that_may_always_step_needs_no_advice() {
    let Some((folder, behind)) = need(paused("makestep 1 -1")) else { return };
    assert!(behind[1].abs() < 2.0, "chronyd did not step: {behind:?}");
    // What it does not step it slews.
    for (name, seconds) in [("before", 0.1), ("after", 1.0)] {
        let look = Look::read(&folder.path().join(name));
        is_synchronised(&look, seconds);
        assert_eq!(faults(&look), BTreeSet::new());
        assert!(!look.check.rules("host").contains("log-ntp-giveup"));
    }
}

#[test]
fn a_clock_that_follows_nobody_is_told_so() {
    let Some((folder, silent)) = need(alone()) else { return };
    let asked = silent.recv(&mut [0; 48]).is_ok();
    assert!(asked, "chronyd never asked its server");
    let unanswered = Look::read(&folder.path().join("unanswered"));
    let said = &found(&unanswered, "host", UNSYNCHRONISED)["evidence"][0];
    assert_eq!((&said["what"], &said["value"]), (&json!("chronyd"), &json!("follows no source")));
    assert_eq!(faults(&unanswered), BTreeSet::from([NOBODY]));

    let own = Look::read(&folder.path().join("own"));
    assert_eq!(own.fact("/chrony/tracking")["stratum"], 10);
    let said = &found(&own, "host", UNSYNCHRONISED)["evidence"][0];
    assert_eq!(
        (&said["what"], &said["value"]),
        (&json!("chronyd"), &json!("follows its own clock"))
    );
    assert_eq!(faults(&own), BTreeSet::from([OWN_CLOCK]));
    assert_eq!(found(&own, "guest", OWN_CLOCK)["severity"], "error");
}

#[test]
fn two_daemons_on_one_clock_are_one_too_many() {
    let Some(folder) = need(crowded()) else { return };
    let look = Look::read(&folder.path().join("crowded"));
    is_synchronised(&look, 0.1);
    assert_eq!(look.fact("/openntpd")["peers"], json!([0, 1]));
    assert_eq!(faults(&look), BTreeSet::from([SEVERAL]));
    // OpenNTPD is three processes, and one daemon.
    assert_eq!(
        found(&look, "guest", SEVERAL)["message"],
        "chronyd and openntpd move the same clock"
    );
    assert!(look.check.rules("host").contains("host-multiple-time-daemons"));
}

/// A guest that follows this machine and is paused. It is looked at before and after that, and each time says what it takes
/// for the time: how far that is behind.
fn paused(makestep: &str) -> Result<(TempDir, [f64; 2]), Lacking> {
    let packages = ntp::packages()?;
    let server = Server::start(&packages);
    let image = ntp::image(&packages, makestep, &server.source())?.job(&format!(
        "{START}{SYNCHRONISED}look before\nkvmtime capture captured\n{SAY_TIME}\
         {PAUSED}look after\n{SAY_TIME}"
    ));
    let mut guest = start(&image)?;
    let before = behind(&mut guest);
    guest.says("pause me");
    guest.pause(PAUSE);
    let after = behind(&mut guest);
    Ok((guest.results(), [before, after]))
}

/// A guest whose only server hears it and says nothing, and then one that is its own server.
fn alone() -> Result<(TempDir, UdpSocket), Lacking> {
    let packages = ntp::packages()?;
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let source = ntp::source(silent.local_addr().unwrap().port());
    let image = ntp::image(&packages, "makestep 1 3", &source)?
        .job(&format!("{START}{ASKED}look unanswered\n{RESTARTED}look own\n"));
    Ok((start(&image)?.results(), silent))
}

/// A guest with a chronyd that follows this machine, and an OpenNTPD that follows nobody.
fn crowded() -> Result<TempDir, Lacking> {
    let packages = ntp::packages()?;
    let server = Server::start(&packages);
    let image = ntp::image(&packages, "makestep 1 3", &server.source())?
        .job(&format!("{START}{SYNCHRONISED}{SECOND}look crowded\n"));
    Ok(start(&image)?.results())
}

fn start(image: &Image) -> Result<Guest, Lacking> {
    Guest::start(image, CLOCK, &OPTIONS)
}

/// How many seconds a guest's time is behind this machine's, give or take half a second.
fn behind(guest: &mut Guest) -> f64 {
    let said: f64 = guest.says("my time: ").parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs_f64() - (said + 0.5)
}

/// The guest follows the server, believes to be off by less than this, and nobody doubts it.
fn is_synchronised(look: &Look, seconds: f64) {
    let tracking = look.fact("/chrony/tracking");
    assert_eq!(tracking["reference"], "10.0.2.2");
    assert_eq!(tracking["stratum"], Server::STRATUM + 1);
    assert_eq!(tracking["leap"], "Normal");
    let term = |name: &str| tracking[name].as_f64().unwrap();
    assert!(term("offset").abs() < seconds, "{tracking}");
    let distance = term("root_dispersion") + term("root_delay") / 2.0;
    assert!(distance > 0.0 && distance < 2.0, "{tracking}");
    let sources = look.fact("/chrony/sources").as_array().unwrap();
    let [source] = &sources[..] else { panic!("{sources:?}") };
    assert_eq!((&source["name"], &source["state"]), (&json!("10.0.2.2"), &json!("*")));
    assert!(!look.check.rules("host").contains(UNSYNCHRONISED));
}

/// What was captured there is judged here as it is there.
fn is_the_same_elsewhere(look: &Look, captured: &Path) {
    // What concerns a machine in any role is said once, of the host.
    let mut rules = look.check.rules("host");
    rules.retain(|rule| !rule.starts_with("host-"));
    rules.extend(look.check.rules("guest"));
    let captured = Report::on(&[], captured);
    let mut elsewhere = captured.rules("guest");
    for moment in MOMENTS {
        rules.remove(moment);
        elsewhere.remove(moment);
    }
    assert_eq!(elsewhere, rules);
}

/// What is true of a moment, and not of the next: the RTC keeps the wrong date until the kernel has written it, which on
/// busy CPUs takes several attempts, and there a guest does not always run.
const MOMENTS: [&str; 2] = ["guest-rtc-contradicts-clock", "log-stall-burst"];

/// What is found in a guest, besides its clocksource.
fn faults(look: &Look) -> BTreeSet<&str> {
    let mut rules = look.check.rules("guest");
    for clocksource in ["guest-clocksource-forced", "guest-clocksource-slow"] {
        assert!(rules.remove(clocksource), "{rules:?}");
    }
    for moment in MOMENTS {
        rules.remove(moment);
    }
    rules
}

/// What a rule says.
fn found<'a>(look: &'a Look, subject: &str, rule: &str) -> &'a Value {
    let findings = look.check.findings(subject);
    let found = findings.into_iter().find(|found| found["rule"] == rule);
    found.unwrap_or_else(|| panic!("no {rule}: {:?}", look.check))
}
