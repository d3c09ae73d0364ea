//! The guard's unit as it is shipped, under a systemd that booted.
#![cfg(all(feature = "libvirt", feature = "history"))]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod herd;
mod lacking;
mod libvirtd;
mod ntp;
mod report;

use std::thread;
use std::time::{Duration, Instant};

use herd::{Domain, Herd};
use lacking::need;
use libvirtd::Libvirtd;
use serde_json::Value;

/// Busy CPUs take their time.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);
/// What is looked at was within 10 ms when the guard read it; it is read again here, on busy CPUs.
const RIGHT: Duration = Duration::from_millis(15);

const UNIT: &str = "kvmtime-guard";
const FOLDER: &str = "/etc/systemd/system/kvmtime-guard.service.d";
const CONFIG: &str = "/etc/kvmtime/config.toml";

/// The unit in a machine.
struct Unit<'a>(&'a Libvirtd);

impl Unit<'_> {
    fn systemctl(&self, verb: &str) -> bool {
        self.0.output("systemctl", &[verb, UNIT]).status.success()
    }

    /// Adds settings for it, and takes back those of before.
    fn drop_in(&self, settings: &[&str]) {
        let text = format!("[Service]\n{}\n", settings.join("\n"));
        self.write(&format!("{FOLDER}/test.conf"), &text);
        self.0.run("systemctl", &["daemon-reload"]);
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.0.write("file", text);
        self.0.run("install", &["-D", "--mode=644", &file, path]);
    }

    fn shows(&self, property: &str) -> String {
        self.0.run("systemctl", &["show", "--value", "--property", property, UNIT]).trim().into()
    }

    fn pid(&self) -> String {
        self.shows("MainPID")
    }

    fn log(&self) -> String {
        self.0.run("journalctl", &["--sync"]);
        self.0.run("journalctl", &["--no-pager", "--output=cat", "--unit", UNIT])
    }

    /// What it says when it is started anew, once.
    fn said(&self, settings: &[&str]) -> String {
        self.systemctl("stop");
        // What failed too often is not started for a while.
        self.systemctl("reset-failed");
        self.drop_in(&[&["Restart=no"], settings].concat());
        let before = self.log().len();
        self.systemctl("start");
        self.log()[before..].to_owned()
    }

    fn status(&self) -> Value {
        let status = self.0.output("kvmtime", &["guard", "status", "--format", "json"]);
        serde_json::from_slice(&status.stdout).unwrap_or_default()
    }

    fn until(&self, is: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is() {
            assert!(Instant::now() < deadline, "{:#}\n{}", self.status(), self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until a domain is right, as who has no part in it sees it.
    fn sets(&self, domain: &Domain) {
        self.until(|| domain.offset().is_within(RIGHT));
    }
}

#[test]
fn a_guest_is_set_by_a_service_in_its_sandbox() {
    let booted = need(Libvirtd::booted(report::KVMTIME));
    let Some(herd) = booted.and_then(|machine| need(Herd::under(machine, 1))) else { return };
    let [domain] = herd.domains() else { unreachable!() };
    let machine = &*domain.libvirt();
    let unit = Unit(machine);
    assert!(unit.systemctl("start"), "{}", unit.log());
    assert_eq!(unit.shows("ActiveState"), "active");
    unit.until(|| unit.status()["guests"][0]["name"] == domain.name());
    has_no_powers(&unit);

    // Paused and let go on, of which somebody else knows nothing.
    domain.pause(PAUSE);
    unit.sets(domain);
    let was_behind = |one: &Value| {
        let by = one["before"]["hi"].as_i64().unwrap_or_default();
        one["trigger"].as_str().unwrap().contains("RESUMED_UNPAUSED") && by < -1_900_000_000
    };
    unit.until(|| {
        let all = machine.run("kvmtime", &["history", "--corrections", "--format", "json"]);
        let all: Value = serde_json::from_str(&all).unwrap();
        all["guests"].as_array().unwrap().iter().any(was_behind)
    });
    assert!(
        unit.shows("StatusText").starts_with("guests 1, looks "),
        "{}",
        unit.shows("StatusText")
    );

    // It goes by its new configuration, if that can be meant.
    let pid = unit.pid();
    for (config, says) in [
        ("[guard]\ntolerance = 'much'\n", "guard: goes on as before: "),
        ("[guard]\ntolerance = '9ms'\n", "guard: goes by its new configuration"),
    ] {
        unit.write(CONFIG, config);
        assert!(unit.systemctl("reload"));
        unit.until(|| unit.log().contains(says) && unit.shows("ActiveState") == "active");
    }
    assert_eq!(unit.pid(), pid);

    machine.run("systemctl", &["restart", "libvirtd"]);
    unit.until(|| unit.log().matches("qemu:///system: reached").count() > 1);
    domain.pause(PAUSE);
    unit.sets(domain);
    assert_eq!(unit.pid(), pid);

    // Killed, and there again.
    machine.run("kill", &["-KILL", &pid]);
    unit.until(|| unit.shows("NRestarts") == "1" && unit.shows("ActiveState") == "active");
    domain.pause(PAUSE);
    unit.sets(domain);

    // A guest goes on while it ends, while there is none, and while it begins.
    domain.suspend();
    thread::sleep(PAUSE);
    domain.resume();
    assert!(unit.systemctl("stop"));
    assert_eq!([unit.shows("Result"), unit.shows("ExecMainStatus")], ["success", "0"]);
    domain.pause(PAUSE);
    assert!(!domain.offset().is_within(PAUSE / 2), "{:?}", domain.offset());
    domain.suspend();
    thread::scope(|scope| {
        scope.spawn(|| assert!(unit.systemctl("start")));
        domain.resume();
    });
    unit.sets(domain);
}

/// The service may write where it should, and may do nothing that root may.
fn has_no_powers(unit: &Unit<'_>) {
    let machine = unit.0;
    let pid = unit.pid();
    let status = machine.run("cat", &[&format!("/proc/{pid}/status")]);
    let none = "0".repeat(16);
    for (line, value) in [
        ("CapBnd", none.as_str()),
        ("CapEff", &none),
        ("CapPrm", &none),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
    ] {
        assert!(status.contains(&format!("{line}:\t{value}\n")), "{line}: {status}");
    }
    let own = |kind| machine.run("readlink", &[&format!("/proc/{pid}/ns/{kind}")]);
    let systemds = |kind| machine.run("readlink", &[&format!("/proc/1/ns/{kind}")]);
    for kind in ["net", "mnt", "uts"] {
        assert_ne!(own(kind), systemds(kind));
    }
    let writes = |path: &str| {
        machine.output("nsenter", &["--target", &pid, "--mount", "touch", path]).status.success()
    };
    for folder in [
        "/etc",
        "/usr",
        "/var",
        "/var/lib",
        "/run",
        "/run/lock",
        "/run/systemd/system",
        "/root",
        "/sys",
    ] {
        assert!(!writes(&format!("{folder}/written")), "{folder}");
    }
    assert!(writes("/var/lib/kvmtime/written") && writes("/run/kvmtime/written"));
    unit.until(|| {
        machine.output("test", &["-e", "/var/lib/kvmtime/history.sqlite"]).status.success()
    });
    let modes = machine.run(
        "stat",
        &[
            "--format=%a %n",
            "/var/lib/kvmtime",
            "/var/lib/kvmtime/history.sqlite",
            "/run/kvmtime/guard.sock",
        ],
    );
    let tight =
        "700 /var/lib/kvmtime\n600 /var/lib/kvmtime/history.sqlite\n660 /run/kvmtime/guard.sock\n";
    assert_eq!(modes, tight);
}

#[test]
fn systemd_hears_that_it_is_alive_and_it_sets_no_clock_of_the_host() {
    let Some(machine) = need(Libvirtd::booted(report::KVMTIME)) else { return };
    let unit = Unit(&machine);
    // A time that no clock can be set to is refused as such by the kernel, and before that by the sandbox.
    let script = "import time; time.clock_settime_ns(time.CLOCK_REALTIME, -1)";
    let tried = machine.output("systemd-run", &["--pipe", "--wait", "python3", "-c", script]);
    let tried = String::from_utf8_lossy(&tried.stderr).into_owned();
    assert!(tried.contains("Invalid argument"), "{tried}");
    let tries = format!("ExecStartPre=-/usr/bin/python3 -c '{script}'");
    let said = unit.said(&["WatchdogSec=2s", &tries]);
    assert!(said.contains("Operation not permitted") && said.contains("guard: began"), "{said}");
    let fed = || unit.shows("WatchdogTimestampMonotonic");
    for _ in 0..2 {
        let last = fed();
        unit.until(|| fed() != last);
    }
}

#[test]
fn a_sandbox_that_is_too_narrow_is_told_by_name() {
    const LIBVIRT: &str = "cannot open qemu:///system for writing: ";
    let Some(machine) = need(Libvirtd::booted(report::KVMTIME)) else { return };
    let unit = Unit(&machine);
    for (setting, says, hint) in [
        ("StateDirectory=", "cannot write the history's folder /var/lib/kvmtime: ", "StateDir"),
        ("RuntimeDirectory=", "cannot make the status socket in /run/kvmtime: ", "RuntimeDir"),
        ("RestrictAddressFamilies=none", "cannot make the status socket in ", "AF_UNIX"),
        ("SystemCallFilter=~@timer", "cannot watch the host's clock: ", "(@timer)"),
        ("InaccessiblePaths=/run/libvirt", LIBVIRT, "must not hide /run/libvirt"),
        ("User=nobody", &format!("{LIBVIRT}authentication unavailable"), "the group libvirt"),
    ] {
        let said = unit.said(&[setting]);
        assert!(said.contains(says) && said.contains(hint), "{setting}: {said}");
        assert_eq!(unit.shows("ExecMainStatus"), "2", "{setting}");
    }
    may_not_ask(&unit);
}

/// A user that polkit lets connect and see domains, and not ask their agents.
fn may_not_ask(unit: &Unit<'_>) {
    const RULE: &str = r#"polkit.addRule(function (action, subject) {
        if (subject.user == "nobody" && action.id.indexOf("org.libvirt.") == 0)
            return action.id.endsWith(".domain.write") ? polkit.Result.NO : polkit.Result.YES;
    });"#;
    unit.write("/etc/polkit-1/rules.d/10-test.rules", RULE);
    let domain = "<domain type='qemu'><name>off</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os></domain>";
    unit.0.define(domain);
    // As such it may: nobody asks for more than the connection.
    assert!(unit.said(&["User=nobody"]).contains("guard: began"));
    unit.write("/etc/libvirt/libvirtd.conf", "access_drivers = [\"polkit\"]\n");
    unit.0.run("systemctl", &["restart", "libvirtd"]);
    let said = unit.said(&["User=nobody"]);
    assert!(said.contains("may not ask the agents of qemu:///system: access denied"), "{said}");
    assert!(said.contains("org.libvirt.api.domain.write"), "{said}");
}

#[test]
fn a_monitor_of_another_user_wants_a_group_or_a_power() {
    let Some(machine) = need(Libvirtd::booted(report::KVMTIME)) else { return };
    let unit = Unit(&machine);
    let config =
        "[guard]\nconnect = ''\n[[guard.monitors]]\nqmp = '/run/bare/qmp'\nqga = '/run/bare/qga'\n";
    unit.write(CONFIG, config);
    machine.run("install", &["--directory", "--owner=nobody", "--mode=755", "/run/bare"]);
    let socket = |name: &str| format!("socket,id={name},path=/run/bare/{name},server=on,wait=off");
    let qemu = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-accel", "tcg", "-S"];
    let ports = [
        "-chardev",
        &socket("qga"),
        "-chardev",
        &socket("qmp"),
        "-mon",
        "chardev=qmp,mode=control",
    ];
    let as_nobody = ["--property=User=nobody", "--property=Group=kvm"];
    machine.run("systemd-run", &[&as_nobody[..], &qemu, &ports].concat());
    unit.until(|| machine.output("test", &["-S", "/run/bare/qmp"]).status.success());

    let reached = |settings: &[&str]| {
        unit.said(settings);
        unit.until(|| unit.log().contains("/run/bare/qmp: "));
        unit.until(|| {
            unit.status()["sources"][0]["reached"] == true
                || unit.status()["sources"][0]["why"].is_string()
        });
        unit.status()["sources"][0].clone()
    };
    let denied = reached(&[]);
    let why = denied["why"].as_str().unwrap_or_default();
    assert!(why.starts_with("permission denied (") && why.contains("CAP_DAC_OVERRIDE"), "{denied}");
    assert_eq!(reached(&["CapabilityBoundingSet=CAP_DAC_OVERRIDE"])["reached"], true);
    machine.run("chmod", &["g+w", "/run/bare/qmp", "/run/bare/qga"]);
    assert_eq!(reached(&["SupplementaryGroups=kvm"])["reached"], true);
}
