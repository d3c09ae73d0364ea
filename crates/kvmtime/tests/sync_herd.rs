//! Many guests under libvirt, and all that happens to guests.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod guests;
mod herd;
mod lacking;
mod libvirtd;
mod ntp;
mod report;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use guests::READY;
use herd::{Agent, Domain, GET, Herd, Hwclock};
use lacking::need;
use libvirtd::Libvirtd;

const PAUSE: Duration = Duration::from_secs(2);

/// How far a clock falls behind by something.
fn loses(domain: &Domain, what: impl FnOnce()) -> Duration {
    let before = domain.offset();
    what();
    let after = domain.offset();
    Duration::from_nanos((before.lo - after.hi).try_into().unwrap())
}

#[test]
fn each_way_to_stand_still_costs_a_guest_that_time() {
    let Some(herd) = need(Herd::start(2)) else { return };
    let [one, other] = herd.domains() else { panic!() };
    let untouched = other.offset();
    let ways: [(&str, &dyn Fn()); 4] = [
        ("pause", &|| one.pause(PAUSE)),
        ("save", &|| {
            one.save();
            thread::sleep(PAUSE);
            one.restore();
        }),
        ("managed save", &|| {
            one.managed_save();
            thread::sleep(PAUSE);
            one.start();
        }),
        ("revert", &|| {
            one.snapshot("then");
            thread::sleep(PAUSE);
            one.revert("then");
        }),
    ];
    for (name, way) in ways {
        let lost = loses(one, way);
        assert!(lost > PAUSE - Duration::from_millis(500), "{name}: {lost:?}");
        // Busy CPUs take their time.
        assert!(lost < PAUSE + Duration::from_secs(30), "{name}: {lost:?}");
        // A shell that answers is the guest's, whatever its QEMU is.
        assert_eq!(one.shell("hostname"), "guest\n");
    }
    let lost = untouched.lo - other.offset().hi;
    assert!(lost.unsigned_abs() < 50_000_000, "{lost}");
}

#[test]
fn a_guest_boots_anew_when_it_is_reset_or_crashes() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    let boots = || fs::read_to_string(domain.console()).unwrap().matches(READY).count();
    let ways: [(&str, &dyn Fn()); 2] =
        [("reset", &|| domain.reset()), ("crash", &|| domain.crash())];
    for (name, way) in ways {
        let before = boots();
        way();
        domain.answers();
        assert_eq!(boots(), before + 1, "{name}");
    }
}

#[test]
fn agents_are_sick_and_get_well() {
    const SET: &str = r#"{"execute":"guest-set-time","arguments":{"time":1795766602000000000}}"#;
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    domain.agent_answers();
    for sick in [Agent::Stopped, Agent::Gone, Agent::Hangs, Agent::Garbage] {
        domain.agent(sick);
        let output = domain.ask_agent(GET);
        assert!(!output.status.success(), "{sick:?}: {output:?}");
        domain.agent(Agent::Well);
        domain.agent_answers();
    }
    // Without an hwclock nothing is set.
    domain.hwclock(Hwclock::None);
    let before = domain.offset();
    let output = domain.ask_agent(SET);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("not currently supported"), "{said}");
    assert!((domain.offset().lo - before.hi).abs() < 50_000_000);
    for hwclock in [Hwclock::Busybox, Hwclock::UtilLinux] {
        domain.hwclock(hwclock);
        let output = domain.ask_agent(SET);
        assert!(output.status.success(), "{hwclock:?}: {output:?}");
    }
}

#[test]
fn guests_outlive_their_libvirt_and_move_to_another() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    let before = domain.offset();
    herd.libvirt().stop("KILL");
    domain.answers();
    herd.libvirt().restart();
    assert_eq!(herd.virsh(&["domstate", domain.name()]).trim(), "running");

    let Some(there) = need(Libvirtd::start().map(Arc::new)) else { return };
    domain.migrate(&there);
    assert_eq!(there.run("virsh", &["domstate", domain.name()]).trim(), "running");
    domain.answers();
    let lost = before.lo - domain.offset().hi;
    assert!((-50_000_000..30_000_000_000).contains(&lost), "{lost}");
}

#[test]
fn a_chronyd_fights_for_a_clock_that_is_wrong() {
    let Some(herd) = need(Herd::with_chronyd(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    domain.fights();
    let fought = || {
        let off = |_: &_| (domain.offset().ms().abs() - 5000.0).abs() < 100.0;
        (0..100).inspect(|_| thread::sleep(Duration::from_millis(200))).any(|n| off(&n))
    };
    assert!(fought(), "{:?}", domain.offset());
    herd.virsh(&["domtime", domain.name(), "--now"]);
    assert!(domain.offset().is_within(Duration::from_millis(4000)), "{:?}", domain.offset());
    assert!(fought(), "{:?}", domain.offset());
    // It is told that its clock was set, and what it measured before is forgotten.
    let found = synced(&herd, domain);
    assert_eq!((&found["outcome"], &found["told"]), (&"corrected".into(), &"chronyd".into()));
}

/// What `kvmtime sync` says of a guest.
fn synced(herd: &Herd, domain: &Domain) -> serde_json::Value {
    let history = herd.libvirt().folder().join("history.sqlite");
    let history = history.to_str().unwrap();
    let arguments =
        ["sync", domain.name(), "--timeout", "4s", "--history", history, "--format", "json"];
    let output = herd.kvmtime(&arguments).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    found["guests"][0].clone()
}

/// Why its clock is not set.
fn refused(herd: &Herd, domain: &Domain) -> String {
    synced(herd, domain)["why"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_keeps_a_domain_from_being_set_has_a_name() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    domain.suspend();
    assert_eq!(refused(&herd, domain), "paused");
    domain.resume();
    domain.agent(Agent::Stopped);
    assert_eq!(refused(&herd, domain), "agent-silent");
    domain.agent(Agent::Garbage);
    let why = refused(&herd, domain);
    assert!(["agent-garbage", "agent-silent"].contains(&why.as_str()), "{why}");
    domain.agent(Agent::Gone);
    let why = refused(&herd, domain);
    assert!(["agent-not-connected", "agent-silent", "agent-gone"].contains(&why.as_str()), "{why}");
    domain.agent(Agent::Well);
    domain.agent_answers();
    domain.hwclock(Hwclock::None);
    domain.pause(PAUSE);
    assert_eq!(refused(&herd, domain), "no-hwclock");
    // It fails after the clock was set.
    domain.hwclock(Hwclock::Fails);
    let found = synced(&herd, domain);
    assert_eq!(found["outcome"], "corrected", "{found}");
    let failed = found["sets"][0]["failed"].as_str().unwrap_or_default();
    assert!(failed.contains("hwclock failed to set hardware clock"), "{found}");
    domain.destroy();
    assert_eq!(refused(&herd, domain), "not-running");
    herd.virsh(&["undefine", domain.name()]);
    assert_eq!(refused(&herd, domain), "no-such-guest");
}

#[test]
fn who_is_interrupted_says_of_whom_nothing_is_known() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    domain.suspend();
    // More of them than are asked at once, as who waits for long makes room for another.
    let names = vec![domain.name(); 40];
    let history = herd.libvirt().folder().join("history.sqlite");
    let mut sync = Command::new(report::KVMTIME);
    sync.args(["sync", "--wait", "--format", "json", "--timeout", "30s"]);
    sync.args(["--connect", &herd.libvirt().uri(), "--history"]).arg(history).args(names);
    let child = sync.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_secs(2));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let why = found["guests"].as_array().unwrap().iter().map(|one| one["why"].as_str());
    let why: Vec<&str> = why.map(Option::unwrap).collect();
    assert_eq!((why.len(), why[0], why[39]), (40, "paused", "interrupted"), "{why:?}");
}

#[test]
fn libvirts_hook_sets_who_comes_back() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let [domain] = herd.domains() else { panic!() };
    let libvirt = herd.libvirt();
    let history = libvirt.folder().join("history.sqlite");
    let program = format!("{} sync --history {}", report::KVMTIME, history.display());
    let hook =
        include_str!("../../../packaging/hooks/libvirt-qemu").replace("kvmtime sync", &program);
    let hook = libvirt.write("hook", &hook);
    let install = "mkdir -p /etc/libvirt/hooks/qemu.d && install -m 755 \"$0\" /etc/libvirt/hooks/qemu.d/kvmtime";
    libvirt.run("sh", &["-c", install, &hook]);
    // It looks for hooks when it starts.
    libvirt.stop("TERM");
    libvirt.restart();
    let before = domain.offset();
    domain.managed_save();
    thread::sleep(PAUSE);
    domain.start();
    let right = || {
        thread::sleep(Duration::from_millis(200));
        domain.offset().is_within(Duration::from_millis(10))
    };
    let set = std::iter::repeat_with(right).take(150).any(|right| right);
    assert!(set, "{before:?}, then {:?}", domain.offset());
}
