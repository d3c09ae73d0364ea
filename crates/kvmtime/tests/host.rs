//! A host that really sleeps, and whose clock is really set: an emulated machine plays it. A guard in it has two guests, each a QEMU
//! that runs nothing and a real agent: the clock of one is its own, that of the other is the host's.
#![cfg(feature = "history")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod guests;
mod injected;
mod lacking;
mod report;
mod run;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guests::{Guest, Image, Kernel};
use kvmtime_core::reading::Interval;
use kvmtime_core::units::Nanos;
use lacking::{Lacking, need, program};
use report::KVMTIME;
use run::{json, kvmtime};
use serde_json::Value;
use tempfile::TempDir;

/// Busy CPUs are slow to emulate.
const TOLERANCE: Nanos = Nanos(50_000_000);
const CONFIG: &str = "
[guard]
tolerance = '50ms'
[[guard.monitors]]
qmp = '/run/own.qmp'
qga = '/run/own.qga'
[[guard.monitors]]
qmp = '/run/shared.qmp'
qga = '/run/shared.qga'
";

/// The guests, the guard, and words for what comes next. No agent sets the host's RTC.
const GUARDED: &str = "
ln -sf /bin/true /sbin/hwclock
mkdir /run/own /run/shared
LD_PRELOAD=/lib/own.so qemu-ga -m unix-listen -p /run/own.qga -t /run/own -f /run/own/pid &
qemu-ga -b guest-set-time -m unix-listen -p /run/shared.qga -t /run/shared -f /run/shared/pid &
for name in own shared; do
    qemu-system-x86_64-microvm -M none -nodefaults -display none -accel qtest -name $name \\
        -qmp unix:/run/$name.qmp,server=on,wait=off &
done
kvmtime guard --connect '' --config /guard.toml --history history --socket /run/guard 2>&1 | tee log &
status() { kvmtime guard status --socket /run/guard \"$@\"; }
said() { until [ $(grep -c \"$1\" log) -ge $2 ]; do usleep 50000; done; }
rests() { until status >status && ! grep -q '\\[' status; do usleep 100000; done; }
end() { kill $(pidof kvmtime); while pidof kvmtime >/dev/null; do usleep 50000; done; }
alarm() { echo 0 >/sys/class/rtc/rtc0/wakealarm; echo +$1 >/sys/class/rtc/rtc0/wakealarm; }
said ': right' 2
";

/// The machine that plays the host.
fn host(job: &str) -> Result<Guest, Lacking> {
    let folder = tempfile::tempdir().unwrap();
    program("qemu-ga", "qemu-guest-agent")?;
    let hook = include_str!("../../../packaging/hooks/system-sleep");
    let systemd_run = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n";
    let image = Image::on(Kernel::cloud()?, &["drivers/acpi/button.ko"])?
        .program(Path::new(KVMTIME))?
        .program(&program("qemu-system-x86_64-microvm", "qemu-system-x86")?)?
        .program(&injected::phc(folder.path())?)?
        .program(&injected::same(folder.path())?)?
        .file("/lib/own.so", fs::read(injected::own(folder.path())?).unwrap())
        .file("/guard.toml", CONFIG)
        .file("/hook", hook)
        .file("/usr/bin/systemd-run", systemd_run)
        .job(&format!("{GUARDED}{job}"));
    // Its TSC may be given up on busy CPUs.
    Guest::start(&image, "clocksource=hpet", &["-machine", "pc", "-m", "256"])
}

/// What a guard left behind.
struct Found(TempDir);

impl Found {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// What it said of the host, in a file.
    fn said(&self, name: &str) -> Vec<String> {
        let said = self.text(name);
        said.lines().filter_map(|line| line.strip_prefix("host: ")).map(str::to_owned).collect()
    }

    /// What it kept of a guest.
    fn kept(&self, guest: &str) -> Vec<Value> {
        let mut history = kvmtime();
        history.args(["history", "--corrections", "--format", "json", "--history"]);
        let all = json(&history.arg(self.0.path().join("history")).output().unwrap());
        let guests = all["guests"].as_array().unwrap().iter();
        guests.filter(|one| one["guest"] == guest).cloned().collect()
    }

    /// All that happened is counted once.
    fn assert_counted(&self) {
        let status: Value = serde_json::from_str(&self.text("status.json")).unwrap();
        let told = self.said("log").len();
        assert_eq!(status["counts"]["triggers"], told, "{}", self.text("log"));
    }
}

/// What stands between these words and what is done about it; its middle was rounded by no more than its radius.
fn size(said: &str, words: &str) -> Interval {
    let size =
        said.strip_prefix(words).and_then(|rest| rest.strip_suffix("; looking at all guests"));
    let (middle, radius) = size.and_then(|size| size.split_once(" ± ")).expect(said);
    let [middle, radius] = [middle, radius].map(|time| time.parse::<Nanos>().unwrap());
    Interval::around(middle, radius + radius)
}

fn interval(value: &Value) -> Interval {
    serde_json::from_value(value.clone()).unwrap()
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

fn nanos(time: Duration) -> Nanos {
    Nanos(i64::try_from(time.as_nanos()).unwrap())
}

/// Once woken from outside, once by its RTC and set right afterwards, once so that no clock stood; and once without a guard.
const SLEEPS: &str = "
modprobe button
echo sleeps
echo mem >/sys/power/state
echo awake
said 'own: set' 1

alarm 3
echo mem >/sys/power/state
phc - 2000000000
said '^host: ' 3
rests

echo freezes
echo freeze >/sys/power/state
echo thawed
usleep 500000
rests
status --format json >status.json
end

alarm 3
echo mem >/sys/power/state
sh /hook post suspend >hook 2>&1
kvmtime sync --qga /run/own.qga --only-if-behind --tolerance 50ms --history by-hand >sync 2>&1
";

#[test]
fn a_host_that_slept_has_its_guests_looked_at_once() {
    let Some(mut host) = need(host(SLEEPS)) else { return };
    host.says("sleeps");
    let begun = now();
    let mut monitor = host.monitor();
    let suspended = monitor.event("SUSPEND");
    std::thread::sleep(Duration::from_secs(5));
    monitor.execute("system_wakeup");
    let woken = monitor.event("WAKEUP");
    let mut times = [None; 3];
    while times.contains(&None) {
        let (which, _) = host.says_first(&["awake", "host: slept for ", "own: set"]);
        times[which] = Some(now());
    }
    let [awake, told, set] = times.map(Option::unwrap);
    let after = |time: Duration| time.saturating_sub(woken).as_millis();
    let [runs, hears, is_right] = [awake, told, set].map(after);
    eprintln!("after {runs} ms programs ran, after {hears} it was heard, after {is_right} set");
    host.says("freezes");
    std::thread::sleep(Duration::from_secs(2));
    // Its button wakes it.
    monitor.execute("system_powerdown");
    host.says("thawed");
    let found = Found(host.results());

    let said = found.said("log");
    let [first, second, step] = &said[..] else { panic!("{said:?}") };
    let slept = [first, second].map(|said| size(said, "slept for "));
    // It counts by its RTC's seconds, and its clock may be half a second off the RTC's.
    let truth = Interval::between(nanos(woken - suspended), nanos(awake - begun));
    assert!(truth.widened(Nanos(1_500_000_000)).contains(slept[0].middle()), "{first} {truth:?}");
    assert!(size(step, "its clock was set by ").contains(Nanos(2_000_000_000)), "{step}");
    found.assert_counted();

    let [own, shared] = ["own", "shared"].map(|guest| found.kept(guest));
    let gaps = |all: &[Value]| all.iter().filter(|one| !one["gap"].is_null()).cloned().collect();
    let [own_gaps, shared_gaps]: [Vec<Value>; 2] = [gaps(&own), gaps(&shared)];
    assert_eq!([own_gaps.len(), shared_gaps.len()], [2, 2], "{own:#?} {shared:#?}");
    for ((own, shared), slept) in own_gaps.iter().zip(&shared_gaps).zip(slept) {
        for one in [own, shared] {
            assert!(one["trigger"].as_str().unwrap().starts_with("the host slept"), "{one:#}");
            let gap = interval(&one["gap"]["host"]);
            assert!(slept.contains(gap.middle()), "{slept:?} {one:#}");
        }
        let at = |one: &Value| one["at"].as_i64().unwrap();
        assert!((at(own) - at(shared)).abs() < Nanos::SECOND.0, "{own:#} {shared:#}");
        assert_eq!([&own["outcome"], &shared["outcome"]], ["corrected", "in-sync"]);
    }
    // The first time nothing else happened.
    let [lost, kept] = [&own_gaps, &shared_gaps].map(|gaps| interval(&gaps[0]["gap"]["guest"]));
    assert!(lost.contains(slept[0].middle()) && kept.contains(Nanos(0)), "{own:#?} {shared:#?}");
    // By its own trigger, or because it happened while the guest was looked at.
    let corrected = own.iter().filter(|one| one["outcome"] == "corrected").count();
    assert!(matches!(corrected, 2 | 3), "{own:#?}");
    assert_eq!(shared.len(), 3, "{shared:#?}");

    // Who has no libvirt has guests that only the guard or the administrator knows.
    let hook = found.text("hook");
    assert!(hook.contains("cannot ask libvirt at qemu:///system"), "{hook}");
    let sync = found.text("sync");
    assert!(sync.starts_with("/run/own.qga: set"), "{sync}");
}

const SETS: &str = "
date -s @$(($(date +%s) + 3600)) >/dev/null
said '^host: ' 1
rests
phc - -1800000000000
said '^host: ' 2
rests

adjtimex -q -f 385352 >/dev/null
adjtimex -q -t 10050 >/dev/null
adjtimex -q -o 200000 >/dev/null
sleep 2
adjtimex -q -t 10000 >/dev/null
cp log slewed
same 10
usleep 500000
rests
cp log same

sed -i \"s/^tolerance/only_if_behind = true\\n&/\" /guard.toml
kill -HUP $(pidof kvmtime)
said 'goes by its new' 1
phc - 500000000
said 'own: set' $(($(grep -c 'own: set' same) + 1))
rests
phc - -500000000
said 'own: left ahead' 1
status --format json >status.json
end
";

#[test]
fn a_host_whose_clock_was_set_has_its_guests_set() {
    let Some(host) = need(host(SETS)) else { return };
    let found = Found(host.results());
    let sizes: Vec<Interval> =
        found.said("log").iter().map(|said| size(said, "its clock was set by ")).collect();
    let [ahead, back, same @ .., forth, last] = &sizes[..] else { panic!("{sizes:?}") };
    // Whole seconds were set.
    let seconds = |from: i64, to: i64| Interval::between(Nanos(from), Nanos(to));
    let hour = 3600 * Nanos::SECOND.0;
    assert!(seconds(hour - Nanos::SECOND.0, hour).intersect(*ahead).is_some(), "{ahead:?}");
    assert!(back.contains(Nanos(-hour / 2)), "{back:?}");
    assert!([ahead, back].iter().all(|size| size.radius() < Nanos::MILLISECOND), "{sizes:?}");
    // What is slewed is no step; who sets it to what it is may be kept waiting in between.
    assert_eq!(found.said("slewed").len(), 2);
    let half = Nanos::SECOND.0 / 2;
    assert!(same.iter().all(|size| size.worst() < Nanos(half)), "{same:?}");
    // Steps of less than a millisecond are told with the next.
    for (size, by) in [(forth, half), (last, -half)] {
        assert!(size.widened(Nanos::MILLISECOND).contains(Nanos(by)), "{size:?}");
    }
    found.assert_counted();

    let own = found.kept("own");
    let [_found, first, second, .., third, fourth] = &own[..] else { panic!("{own:#?}") };
    let expected = [(first, ahead), (second, back), (third, forth), (fourth, last)];
    for (one, by) in expected {
        assert_eq!(one["trigger"], "the host's clock was set");
        let off = interval(&one["before"]).negated();
        assert!(off.intersect(by.widened(TOLERANCE)).is_some(), "{by:?} {one:#}");
    }
    let outcomes = expected.map(|(one, _)| one["outcome"].as_str().unwrap());
    assert_eq!(outcomes, ["corrected", "corrected", "corrected", "left-ahead"]);
    // The other goes with its host.
    assert_eq!(found.kept("shared").len(), 1);
}
