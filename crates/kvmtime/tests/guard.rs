//! `kvmtime guard`, and what happens to guests and their hosts while it runs.
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
mod many;
mod ntp;
mod qga;
mod report;
mod run;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use herd::{Agent, Domain, Herd};
use lacking::{need, program};
use libvirtd::Libvirtd;
use many::Many;
use qga::{Patient, Sick};
use run::{kvmtime, words};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Busy CPUs take their time.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is looked at was within 10 ms when the guard read it; it is read again here, on busy CPUs.
const RIGHT: Duration = Duration::from_millis(15);

/// A guard that runs, and ends with this value.
struct Guard {
    child: Child,
    folder: TempDir,
    /// What systemd was told, a line each.
    systemd: Receiver<String>,
}

impl Guard {
    fn start(connect: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let systemd = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let (tell, told) = channel();
        // It ends with the test's process.
        thread::spawn(move || {
            let mut said = [0; 4096];
            while let Ok(length) = systemd.recv(&mut said) {
                let lines = words(&said[..length]);
                lines.lines().for_each(|line| tell.send(line.to_owned()).unwrap_or_default());
            }
        });
        fs::write(folder.path().join("config"), config).unwrap();
        let child = Self::spawn(&folder, connect);
        let guard = Self { child, folder, systemd: told };
        guard.told("READY=1");
        guard
    }

    fn spawn(folder: &TempDir, connect: &str) -> Child {
        let mut guard = kvmtime();
        guard.arg("guard").args(["--connect", connect]).env("WATCHDOG_USEC", "3000000");
        for file in ["config", "history", "socket"] {
            guard.arg(format!("--{file}")).arg(folder.path().join(file));
        }
        guard.env("NOTIFY_SOCKET", folder.path().join("notify"));
        let log = File::create(folder.path().join("log")).unwrap();
        guard.stdout(log.try_clone().unwrap()).stderr(log);
        guard.spawn().unwrap()
    }

    /// Has it go by this from now on.
    fn reload(&self, config: &str) {
        fs::write(self.file("config"), config).unwrap();
        self.signal("HUP");
        self.told("READY=1");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap()
    }

    /// Waits until systemd is told this.
    fn told(&self, what: &str) {
        let next = || self.systemd.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {what}"));
        while next() != what {}
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    fn status(&self) -> Value {
        let socket = self.file("socket");
        let mut ask = kvmtime();
        ask.args(["guard", "status", "--format", "json", "--socket"]).arg(socket);
        run::synced(&ask.output().unwrap())
    }

    /// Waits until its status is such.
    fn until(&self, mut is: impl FnMut(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if is(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "{status:#}\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until a guest was looked at for such a reason, and is right.
    fn right(&self, guest: &str, trigger: &str) -> Value {
        let is = |one: &Value| {
            let trigger = one["last"]["trigger"].as_str().unwrap_or_default().contains(trigger);
            one["name"] == guest && trigger && is_right(one) && one["doing"] == "rests"
        };
        let status = self.until(|status| all(status, "guests").iter().any(is));
        all(&status, "guests").iter().find(|one| is(one)).unwrap()["last"].clone()
    }

    fn history(&self, guest: &str) -> Vec<Value> {
        let mut history = kvmtime();
        history.args(["history", "--corrections", "--format", "json", "--history"]);
        let all = run::synced(&history.arg(self.file("history")).output().unwrap());
        let guests = all["guests"].as_array().unwrap().iter();
        guests.filter(|one| one["guest"] == guest).cloned().collect()
    }

    /// Ends it, and gives how it ended.
    fn end(mut self, signal: &str) -> (ExitStatus, String) {
        self.signal(signal);
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
        assert!(!self.file("socket").exists());
        (self.child.wait().unwrap(), self.log())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn all<'a>(status: &'a Value, what: &str) -> &'a [Value] {
    status[what].as_array().unwrap()
}

fn is_right(guest: &Value) -> bool {
    ["in-sync", "corrected"].iter().any(|outcome| guest["last"]["outcome"] == *outcome)
}

/// Both ends of an interval, in seconds.
fn ends(interval: &Value) -> [f64; 2] {
    ["lo", "hi"].map(|end| interval[end].as_f64().unwrap_or(f64::NAN) / 1e9)
}

fn assert_right(domain: &Domain) {
    let offset = domain.offset();
    assert!(offset.is_within(RIGHT), "{}: {offset:?}", domain.name());
}

#[test]
fn guests_that_were_away_are_set_whatever_became_of_libvirtd() {
    let Some(herd) = need(Herd::start(3)) else { return };
    let [first, second, third] = herd.domains() else { unreachable!() };
    let guard = Guard::start(&herd.libvirt().uri(), "");
    // They lag since they were made.
    for domain in herd.domains() {
        guard.right(domain.name(), "");
        assert_right(domain);
    }

    // Paused: how long is known from the host's side and from the guest's.
    herd.domains().iter().for_each(Domain::suspend);
    thread::sleep(Duration::from_secs(3));
    herd.domains().iter().for_each(Domain::resume);
    for domain in herd.domains() {
        let last = guard.right(domain.name(), "RESUMED_UNPAUSED");
        assert_eq!(last["outcome"], "corrected");
        assert_right(domain);
        let ([lo, hi], [from, to]) = (ends(&last["gap"]["host"]), ends(&last["gap"]["guest"]));
        assert!(lo <= to && from <= hi && from > 2.9, "{last:#}\n{}", guard.log());
    }

    // Saved, and restored; and let go on while libvirtd is away from the guard.
    first.save();
    second.suspend();
    herd.libvirt().stop("KILL");
    guard.until(|status| all(status, "sources")[0]["reached"] == false);
    herd.libvirt().restart();
    second.resume();
    first.restore();
    guard.until(|status| all(status, "sources")[0]["reached"] == true);
    // By then it may have been heard, or found.
    for domain in [first, second] {
        domain.answers();
        let name = domain.name();
        guard.until(|status| {
            let guest = all(status, "guests").iter().find(|one| one["name"] == name);
            guest.is_some_and(|one| is_right(one) && one["doing"] == "rests")
        });
        assert_right(domain);
    }

    // Saved where libvirt looks, and a snapshot.
    first.managed_save();
    first.start();
    let last = guard.right(first.name(), "RESUMED_FROM_SNAPSHOT");
    let ([lo, hi], [from, to]) = (ends(&last["gap"]["host"]), ends(&last["gap"]["guest"]));
    assert!(hi > 0.5 && lo <= to && from <= hi, "{last:#}");
    third.snapshot("then");
    thread::sleep(Duration::from_secs(2));
    third.revert("then");
    let last = guard.right(third.name(), "RESUMED_FROM_SNAPSHOT");
    assert!(ends(&last["before"])[1] < -1.5, "{last:#}");
    third.answers();
    assert_right(third);

    // Whoever is no more is no more guarded.
    third.destroy();
    guard.until(|status| all(status, "guests").len() == 2);
    assert!(!guard.history(first.name()).is_empty());
    let (ended, log) = guard.end("TERM");
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.contains("guard: ends"), "{log}");
}

#[test]
fn agents_that_hang_keep_nobody_waiting() {
    let Some(herd) = need(Herd::start(3)) else { return };
    let [hangs, gone, well] = herd.domains() else { unreachable!() };
    let guard = Guard::start(&herd.libvirt().uri(), "[guard]\nat_once = 1\n");
    herd.domains().iter().for_each(|domain| drop(guard.right(domain.name(), "")));
    hangs.agent(Agent::Hangs);
    gone.agent(Agent::Gone);
    herd.domains().iter().for_each(|domain| domain.pause(Duration::from_secs(1)));
    guard.right(well.name(), "RESUMED");
    assert_right(well);
    // They are set as soon as they have an agent again.
    for domain in [hangs, gone] {
        assert!(!domain.offset().is_within(Duration::from_millis(500)), "{:?}", domain.offset());
        domain.agent(Agent::Well);
        guard.right(domain.name(), "RESUMED");
        assert_right(domain);
    }
    assert_eq!(guard.end("INT").0.code(), Some(0));
}

#[test]
fn a_qemu_that_no_libvirt_runs_is_guarded_by_its_monitor() {
    let Some(qemu) = need(program("qemu-system-x86_64", "qemu-system-x86")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let monitor = |name: &str| format!("unix:{name},server=on,wait=off");
    // A guard holds one monitor, and the test has the other.
    let start = || {
        let mut qemu = Command::new(&qemu);
        qemu.args([
            "-nodefaults",
            "-display",
            "none",
            "-accel",
            "tcg",
            "-m",
            "32",
            "-name",
            "bare",
        ]);
        qemu.args(["-qmp", &monitor("qmp"), "-qmp", &monitor("monitor")]);
        Ended(qemu.current_dir(&folder).spawn().unwrap())
    };
    let agent = Patient::behind(Duration::from_secs(2)).start();
    let qmp = folder.path().join("qmp");
    let config = format!("[[guard.monitors]]\nqmp = {qmp:?}\nqga = {:?}\n", agent.socket());
    let guard = Guard::start("", &config);
    guard.until(|status| all(status, "sources")[0]["reached"] == false);
    for _ in 0..2 {
        let _qemu = start();
        let name = qmp.to_str().unwrap();
        let found = guard.right("bare", name);
        assert!(agent.offset().abs() < 10_000_000, "{found:#}");
        let mut own = guests::Monitor::of(folder.path());
        own.execute("stop");
        guard.until(|status| all(status, "guests")[0]["doing"] == "stopped");
        own.execute("cont");
        guard.right("bare", "RESUME");
        own.execute("system_reset");
        guard.right("bare", "RESET");
        drop(own);
    }
    guard.until(|status| all(status, "guests").is_empty());
    let log = guard.end("TERM").1;
    assert!(log.contains("bare: right"), "{log}");
}

/// The monitor of a QEMU of that name, which runs, and an agent's place: as a configuration has them.
fn monitored(folder: &TempDir, name: &'static str, agent: &qga::Agent) -> String {
    let qmp = folder.path().join(name);
    let listener = UnixListener::bind(&qmp).unwrap();
    let serve = move |client: UnixStream| -> std::io::Result<()> {
        let mut to = client.try_clone()?;
        writeln!(to, "{}", json!({ "QMP": {} }))?;
        for line in BufReader::new(client).lines() {
            let answer = match line?.contains("query-name") {
                true => json!({ "return": { "name": name } }),
                false => json!({ "return": { "status": "running", "running": true } }),
            };
            writeln!(to, "{answer}")?;
        }
        Ok(())
    };
    // They end with the test's process.
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|client| {
            thread::spawn(move || serve(client));
        });
    });
    format!("[[guard.monitors]]\nqmp = {qmp:?}\nqga = {:?}\n", agent.socket())
}

/// So often as it may be.
const SWEEP: &str = "[guard]\nsweep = '1s'\n";

#[test]
fn who_is_ignored_is_left_alone_as_long_as_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let agent = Patient::behind(Duration::from_secs(2)).start();
    let web = monitored(&folder, "web", &agent);
    let ignored = format!("{SWEEP}ignore = ['w*']\n{web}");
    let guard = Guard::start("", &ignored);
    guard.until(|status| all(status, "sources")[0]["reached"] == true);
    thread::sleep(Duration::from_secs(2));
    assert!(agent.sets().is_empty() && all(&guard.status(), "guests").is_empty());
    guard.reload(&format!("{SWEEP}{web}"));
    guard.right("web", "");
    guard.reload(&ignored);
    agent.pause(Duration::from_secs(2));
    thread::sleep(Duration::from_secs(3));
    assert!(agent.offset() < -1_500_000_000 && all(&guard.status(), "guests").is_empty());
}

#[test]
fn what_cannot_be_written_is_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let agent = Patient::behind(Duration::from_secs(2)).start();
    let guard = Guard::start("", &format!("{SWEEP}{}", monitored(&folder, "web", &agent)));
    guard.right("web", "");
    let corrected = |times: u64| guard.until(|status| status["counts"]["corrected"] == times);
    let kept = || fs::read(guard.file("history")).is_ok_and(|file| file.starts_with(b"SQLite"));
    guard.until(|_| kept());
    fs::write(guard.file("history"), "something else").unwrap();
    agent.pause(Duration::from_secs(2));
    corrected(2);
    guard.until(|status| {
        all(status, "troubles").iter().any(|one| one.to_string().contains("history"))
    });
    fs::remove_file(guard.file("history")).unwrap();
    agent.pause(Duration::from_secs(2));
    corrected(3);
    guard.until(|_| kept());
    assert_eq!(guard.history("web").len(), 2);
}

#[test]
fn a_time_that_comes_late_is_mended_whatever_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let slow = Sick::Slow(Duration::from_secs(5));
    let agent = Patient::behind(Duration::from_secs(2)).sick_in(qga::SET, 0..1, slow).start();
    let web = monitored(&folder, "web", &agent);
    let guard = Guard::start("", &format!("{SWEEP}timeout = '1s'\nmax_step = '3s'\n{web}"));
    guard.right("web", "");
    assert_eq!(agent.sets().len(), 2, "{}", guard.log());
}

#[test]
fn who_is_left_ahead_as_asked_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let agent = Patient::ahead(Duration::from_secs(2)).start();
    let web = monitored(&folder, "web", &agent);
    let guard = Guard::start("", &format!("{SWEEP}only_if_behind = true\n{web}"));
    let left = |one: &Value| one["last"]["outcome"] == "left-ahead";
    let status = guard.until(|status| all(status, "guests").iter().any(left));
    assert_eq!(status["counts"]["failed"], 0, "{status:#}");
    let mut ask = kvmtime();
    let output = ask.args(["guard", "status", "--socket"]).arg(guard.file("socket")).output();
    assert_eq!(output.unwrap().status.code(), Some(0), "{status:#}");
}

#[test]
fn whoever_asks_is_answered_and_whoever_does_not_listen_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let agent = Patient::behind(Duration::from_secs(2)).start();
    let web = monitored(&folder, "web", &agent);
    let mut guard = Guard::start("", &web);
    // One that was killed leaves its socket.
    guard.child.kill().unwrap();
    guard.child.wait().unwrap();
    assert!(guard.file("socket").exists());
    guard.child = Guard::spawn(&guard.folder, "");
    guard.told("READY=1");
    guard.right("web", "");
    let deaf: Vec<_> =
        (0..20).map(|_| UnixStream::connect(guard.file("socket")).unwrap()).collect();
    let (start, socket) = (Instant::now(), guard.file("socket"));
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let mut said = String::new();
                let mut stream = UnixStream::connect(&socket).unwrap();
                stream.read_to_string(&mut said).unwrap();
                assert!(said.contains("\"web\""), "{said}");
            });
        }
    });
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    drop(deaf);
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_guard_is_a_service() {
    let agent = Patient::behind(Duration::from_secs(2)).start();
    let config = format!("[[guard.monitors]]\nqmp = '/nowhere'\nqga = {:?}\n", agent.socket());
    let guard = Guard::start("", &config);
    guard.told("WATCHDOG=1");
    guard.told("WATCHDOG=1");
    assert_eq!(fs::metadata(guard.file("socket")).unwrap().permissions().mode() & 0o777, 0o660);

    // What cannot be meant changes nothing; what can does.
    guard.signal("HUP");
    guard.told("RELOADING=1");
    guard.told("READY=1");
    guard.reload("[guard]\ntolerance = 'much'\n");
    assert_eq!(all(&guard.status(), "sources").len(), 1);
    guard.reload("[guard]\ntolerance = '5ms'\n");
    assert_eq!(guard.status()["sources"], Value::Array(vec![]));

    // There is one at a place.
    let again = kvmtime()
        .args(["guard", "--connect", "test:///default", "--history"])
        .arg(guard.file("history"))
        .arg("--socket")
        .arg(guard.file("socket"))
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(words(&again.stderr).contains("hint: another guard runs"), "{again:?}");

    guard.signal("TERM");
    guard.told("STOPPING=1");
    let (ended, log) = guard.end("TERM");
    assert_eq!(ended.code(), Some(0));
    for line in [
        "guard: goes by its new configuration\n",
        "line 2: tolerance: much is no span of time",
        "guard: ends\n",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[test]
fn what_is_lacking_is_said_before_anything_is_begun() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("folder/file");
    let mut guard = kvmtime();
    guard.args(["guard", "--connect", "", "--history"]).arg(&below).arg("--socket").arg(&below);
    let output = guard.stdout(Stdio::piped()).output().unwrap();
    let said = words(&output.stderr);
    assert_eq!((output.status.code(), words(&output.stdout).as_str()), (Some(2), ""), "{said}");
    for part in [
        "cannot write the history's folder ",
        "StateDirectory=",
        "status socket ",
        "RuntimeDirectory=",
        "there is nobody to guard",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mut status = kvmtime();
    status.args(["guard", "status", "--socket"]).arg(&below);
    let output = status.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output.stderr).contains("hint: does it run?"), "{output:?}");
}

#[test]
fn each_guest_is_looked_at_once() {
    let hopeless = Patient::behind(Duration::from_secs(2)).sick(qga::GET, Sick::Silent).start();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    fs::write(
        &config,
        format!("[[guard.monitors]]\nqmp = '/nowhere'\nqga = {:?}\n", hopeless.socket()),
    )
    .unwrap();
    let mut once = kvmtime();
    once.args(["guard", "--once", "--connect", "", "--config"]).arg(&config);
    once.arg("--history").arg(folder.path().join("history"));
    let output = once.output().unwrap();
    // Its only guest cannot be found.
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        words(&output.stdout).contains("/nowhere: not reached: no such file or directory"),
        "{output:?}"
    );
    let Some(herd) = need(Herd::start(2)) else { return };
    let once = |options: &[&str]| {
        let mut once = kvmtime();
        once.args(["guard", "--once", "--connect", &herd.libvirt().uri()]).args(options);
        once.arg("--history").arg(folder.path().join("history")).output().unwrap()
    };
    assert_eq!(once(&["--dry-run"]).status.code(), Some(1));
    assert!(herd.domains().iter().all(|domain| !domain.offset().is_within(RIGHT)));
    assert_eq!(once(&[]).status.code(), Some(0));
    herd.domains().iter().for_each(assert_right);
}

#[test]
fn a_libvirtd_that_hangs_keeps_nobody_waiting() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let guard = Guard::start(&herd.libvirt().uri(), "");
    // It is set, and looked at again.
    guard.until(|status| status["counts"]["right"] == 1);
    herd.libvirt().run("sh", &["-c", "kill -s STOP $(cat /run/libvirtd.pid)"]);
    // In this time whoever has nothing to do closes its connection, for which libvirtd is asked.
    for _ in 0..35 {
        thread::sleep(Duration::from_secs(1));
        let start = Instant::now();
        guard.status();
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    let fresh = Guard::start(&herd.libvirt().uri(), "");
    assert_ne!(all(&fresh.status(), "sources")[0]["reached"], true);
    herd.libvirt().run("sh", &["-c", "kill -s CONT $(cat /run/libvirtd.pid)"]);
    fresh.until(|status| all(status, "sources")[0]["reached"] == true);
}

#[test]
fn a_guest_that_moves_in_is_set() {
    let Some(herd) = need(Herd::start(1)) else { return };
    let Some(there) = need(Libvirtd::start().map(Arc::new)) else { return };
    let [domain] = herd.domains() else { unreachable!() };
    let guard = Guard::start(&there.uri(), "");
    guard.until(|status| all(status, "sources")[0]["reached"] == true);
    domain.migrate(&there);
    guard.right(domain.name(), "MIGRATED");
    assert_right(domain);
}

#[test]
fn a_clock_that_a_daemon_sets_otherwise_is_left_to_it() {
    let Some(herd) = need(Herd::with_chronyd(1)) else { return };
    let [domain] = herd.domains() else { unreachable!() };
    domain.fights();
    let guard = Guard::start(&herd.libvirt().uri(), "[guard]\nsweep = \"10s\"\n");
    let contested = |one: &Value| one["last"]["why"] == "clock-contested";
    let deadline = Instant::now() + 4 * PATIENCE;
    while !all(&guard.status(), "guests").iter().any(contested) {
        assert!(Instant::now() < deadline, "{}", guard.log());
        thread::sleep(Duration::from_millis(500));
    }
    // It says so once.
    assert_eq!(guard.log().matches("clock-contested").count(), 1, "{}", guard.log());
}

/// How many threads of a process have a name that begins so.
fn threads(pid: u32, name: &str) -> usize {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let names = tasks.flatten().flat_map(|task| fs::read_to_string(task.path().join("comm")));
    names.filter(|comm| comm.starts_with(name)).count()
}

#[test]
fn a_storm_over_guests_without_agents_is_weathered() {
    const COUNT: usize = 200;
    let Some(many) = need(Many::start(COUNT)) else { return };
    let guard = Guard::start(&many.uri(), "[guard]\nsweep = \"10s\"\n");
    let looks = |status: &Value| status["counts"]["looks"].as_u64().unwrap();
    let are = |status: &Value, what: &dyn Fn(&Value) -> bool| {
        let guests = all(status, "guests");
        guests.len() == COUNT && guests.iter().all(what)
    };
    let refused = |one: &Value| one["last"]["why"] == "no-agents" && one["doing"] == "rests";
    guard.until(|status| are(status, &refused));

    // All that happens is heard and looked after, by few at once.
    many.each("suspend");
    guard.until(|status| are(status, &|one| one["doing"] == "stopped"));
    let mut most = 0;
    many.each("resume");
    let resumed = |one: &Value| {
        let gap = ends(&one["last"]["gap"]["host"])[1] > 0.0;
        refused(one) && (gap || one["last"]["trigger"] == "sweep")
    };
    let status = guard.until(|status| {
        most = most.max(threads(guard.child.id(), "guest "));
        are(status, &resumed)
    });
    assert_eq!(status["counts"]["triggers"], COUNT);
    assert!((1..=8).contains(&most), "{most} threads");

    // Who has no agent is spoken of when it is found and when it was away, and in no sweep.
    let swept = looks(&status) + 50;
    guard.until(|status| looks(status) >= swept);
    let log = guard.log();
    assert_eq!(log.matches("[no-agents]").count(), 2 * COUNT, "{log}");
    let history = guard.history("guest0");
    assert_eq!(history.iter().filter(|one| one["why"] == "no-agents").count(), 2, "{history:#?}");

    // Whoever comes in its place is another one.
    for _ in 0..3 {
        many.each("destroy");
        many.create();
    }
    guard.until(|status| status["counts"]["triggers"] == 4 * COUNT && are(status, &refused));
    many.each("destroy");
    guard.until(|status| all(status, "guests").is_empty());
}
