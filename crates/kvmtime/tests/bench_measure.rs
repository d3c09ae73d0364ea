//! `cargo xtask bench measure`: what `kvmtime measure` says against the truth, and against what else there is.
//!
//! These take a quarter of an hour and are ignored by default. Each prints rows of the table in docs/reference/bench.md.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench runs programs and prints a table"
)]

mod answering;
mod guests;
mod injected;
mod lacking;
mod libvirtd;
mod report;
mod run;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use answering::{CLOCK, ECHO, PORTS, STAY, measure, measurements, socket};
use guests::{Guest, Image, READY};
use injected::{Seen, Truth};
use kvmtime_core::estimate::{Point, least_squares};
use kvmtime_core::reading::Interval;
use kvmtime_core::units::Nanos;
use lacking::{Lacking, need};
use libvirtd::Libvirtd;
use report::KVMTIME;
use serde_json::Value;

/// How long drift is measured by the agent, and by the RTC.
const LONG: &str = "700s";
const MINUTE: &str = "60s";

/// An echo at a serial line too.
const LINE: [&str; 4] =
    ["-chardev", "socket,id=line,path=line.sock,server=on,wait=off", "-serial", "chardev:line"];

/// The clock is set to run 5.88 ppm fast: adjtimex(2) counts in 2^-16 ppm.
const JOB: &str = "
adjtimex -q -f 385352 >/dev/null
kvmtime echo --port /dev/ttyS2 &
echo measure me
kvmtime measure --against rtc --duration 60s --format json >rtc 2>/dev/null
echo rtc: $(cat rtc)
";

#[test]
#[ignore = "it takes a quarter of an hour; run by cargo xtask bench measure"]
fn coverage_and_drift() {
    let Some((mut guest, _folder)) = need(guest()) else { return };
    guest.says("measure me");
    let socket = |name: &str| socket(&guest, name);
    let (agent, echo, line, qmp) =
        (socket("agent.sock"), socket("echo.sock"), socket("line.sock"), socket("monitor"));
    let truth = Truth::of(&guest.path("truth"));
    let ours = measure(&[
        "--qga",
        &agent,
        "--echo",
        &echo,
        "--echo",
        &line,
        "--interval",
        "500ms",
        "--duration",
        LONG,
    ]);
    let rtc = measure(&["--qmp", &qmp, "--duration", LONG]);
    let inside: Value = serde_json::from_str(&guest.says("rtc: ")).unwrap();
    let found = measurements(ours);
    let rtc = measurements(rtc);
    let seen = truth.take();
    // For whoever wants to look at the readings.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench_measure.json");
    let all = serde_json::json!({ "outside": found, "inside": inside, "rtc": rtc });
    std::fs::write(kept, serde_json::to_vec(&all).unwrap()).unwrap();
    let [agent, echo, line] = &found[..] else { panic!("{}", found.len()) };
    coverage(&seen, &[("guest agent", agent), ("echo, virtio", echo), ("echo, serial", line)]);
    edges(&seen, &inside["measurements"][0], &rtc[0]);
    drift(&seen, &[("agent", agent), ("echo, virtio", echo), ("echo, serial", line)]);
    minute(&seen, &inside["measurements"][0]);
}

/// A guest that answers, whose clock counts by the host's: on busy CPUs an emulated machine measures its TSC wrongly.
fn guest() -> Result<(Guest, tempfile::TempDir), Lacking> {
    lacking::program("qemu-ga", "qemu-guest-agent")?;
    let folder = tempfile::tempdir().unwrap();
    let answer = injected::answer(folder.path())?;
    let image = Image::linux()?.program(Path::new(KVMTIME))?.program(&answer)?;
    let image = image.job(&format!("{}{ECHO}{JOB}{STAY}", injected::ANSWER));
    let options = [&PORTS[..], &LINE, &injected::MEMORY].concat();
    Ok((Guest::start(&image, CLOCK, &options)?, folder))
}

fn interval(value: &Value) -> Interval {
    serde_json::from_value(value.clone()).unwrap()
}

/// How many readings of each hold the truth.
fn coverage(seen: &Seen, all: &[(&str, &Value)]) {
    // Behind what the test's runner says.
    println!("\n| truth known to ± {} | | | | |", seen.doubt());
    for (name, found) in all {
        let readings = found["readings"].as_array().unwrap();
        let (mut inside, mut known) = (0, 0);
        for reading in readings {
            let at = Nanos(reading["at"].as_i64().unwrap());
            let Some(truth) = seen.at(at) else { continue };
            known += 1;
            inside += usize::from(truth.intersect(interval(&reading["offset"])).is_some());
        }
        row(
            "coverage",
            name,
            &format!("{inside} of {known}"),
            "≥ 99.9 %",
            inside * 1000 >= known * 999,
        );
        println!(
            "| width of a reading | {name} | least {}, median {}, p99 {} | | |",
            Nanos(found["widths"]["min"].as_i64().unwrap()),
            Nanos(found["widths"]["p50"].as_i64().unwrap()),
            Nanos(found["widths"]["p99"].as_i64().unwrap())
        );
        println!("| offset | {name} | ± {} | | |", interval(&found["offset"]).radius());
    }
}

/// guest − RTC from inside, against guest − host and RTC − host.
fn edges(seen: &Seen, inside: &Value, outside: &Value) {
    let rtc = interval(&outside["offset"]);
    let readings = inside["readings"].as_array().unwrap();
    // The guest's CLOCK_BOOTTIME is not the host's: only that the offset moved by the guest's drift alone is known.
    let (rate, doubt) = seen.rate();
    let first = Nanos(readings[0]["at"].as_i64().unwrap());
    let start = seen.start();
    let holds = |reading: &&Value| {
        let passed = Nanos(reading["at"].as_i64().unwrap()) - first;
        let moved = |rate: f64| Nanos::from_ns(rate * passed.secs()).unwrap();
        let drifted = Interval::between(moved(rate - doubt), moved(rate + doubt));
        // The first look at the truth was within some seconds of the first edge: as many times 5.88 µs.
        let truth = start.minus(rtc).plus(drifted).widened(Nanos(60_000));
        truth.intersect(interval(&reading["offset"])).is_some()
    };
    let inside = readings.iter().filter(holds).count();
    let all = readings.len();
    row("coverage", "RTC edges, inside", &format!("{inside} of {all}"), "≥ 99.9 %", inside == all);
    let readings = outside["readings"].as_array().unwrap();
    let within = |reading: &&Value| interval(&reading["offset"]).intersect(rtc).is_some();
    let (inside, all) = (readings.iter().filter(within).count(), readings.len());
    row(
        "coverage",
        "RTC edges over QMP (it stands)",
        &format!("{inside} of {all}"),
        "≥ 99.9 %",
        inside * 1000 >= all * 999,
    );
}

/// The estimates over the whole run, against the truth and against least squares on the same readings.
fn drift(seen: &Seen, all: &[(&str, &Value)]) {
    let (truth, doubt) = seen.rate();
    println!("| true rate | | {truth:.1} ± {doubt:.2} ppb | | |");
    for (name, found) in all {
        let drift = &found["drift"];
        let rate = drift["rate"].as_f64().unwrap();
        let error = (rate - truth).abs();
        let squares = least_squares(&points(found)).unwrap();
        let worse = (squares - truth).abs();
        let words = format!("{rate:.1} ppb, {error:.1} off; hard {}", ends(&drift["hard"]));
        row("drift after 700 s", name, &words, "≤ 60 ppb off", error <= 60.0);
        let words = format!("{squares:.1} ppb, {worse:.1} off: {:.0} × ours", worse / error);
        row("least squares", name, &words, "≥ 10 ×", worse >= 10.0 * error);
        let confidence = &drift["confidence"];
        let within = confidence[0].as_f64() <= Some(truth) && Some(truth) <= confidence[1].as_f64();
        println!("| 95 % interval | {name} | {} | holds the truth: {within} | |", ends(confidence));
    }
}

fn ends(interval: &Value) -> String {
    let end =
        |index: usize| interval[index].as_f64().map_or("none".to_owned(), |x| format!("{x:.0}"));
    format!("[{}, {}]", end(0), end(1))
}

fn points(found: &Value) -> Vec<Point> {
    let readings = found["readings"].as_array().unwrap();
    let first = readings[0]["at"].as_i64().unwrap();
    let origin = interval(&readings[0]["offset"]).lo;
    let point = |reading: &Value| {
        let offset = interval(&reading["offset"]);
        Point {
            t: Nanos(reading["at"].as_i64().unwrap() - first).secs(),
            lo: (offset.lo - origin).ns(),
            hi: (offset.hi - origin).ns(),
        }
    };
    readings.iter().map(point).collect()
}

/// The RTC alone, from inside the guest.
fn minute(seen: &Seen, inside: &Value) {
    let rate = inside["drift"]["rate"].as_f64().unwrap();
    let error = (rate - seen.rate().0).abs();
    let words = format!("{rate:.0} ppb, {error:.0} off; hard {}", ends(&inside["drift"]["hard"]));
    row(
        &format!("drift after {MINUTE}"),
        "RTC edges, inside",
        &words,
        "≤ 500 ppb off",
        error <= 500.0,
    );
}

fn row(what: &str, by: &str, found: &str, target: &str, met: bool) {
    println!("| {what} | {by} | {found} | {target} | {} |", if met { "met" } else { "not met" });
}

/// Steps of 100 ns, watched from beside.
const STEPS: &str = "
kvmtime measure --events --interval 10s --format json >events 2>/dev/null &
watch=$!
sleep 3
step 300 100 >steps
sleep 1
kill $watch
wait $watch
grep step events | sed 's/^/event: /'
sed 's/^/step: /' steps
echo end:
while :; do sleep 3600; done
";

#[test]
#[ignore = "run by cargo xtask bench measure"]
fn steps() {
    let started = || -> Result<Guest, Lacking> {
        let folder = tempfile::tempdir().unwrap();
        let step = injected::step(folder.path())?;
        let image = Image::linux()?.program(Path::new(KVMTIME))?.program(&step)?.job(STEPS);
        // The TSC is read at once; another clocksource takes the device's time.
        Guest::start(&image, "clocksource=tsc tsc=nowatchdog", &["-smp", "2"])
    };
    let Some(mut guest) = need(started()) else { return };
    let lines = guest.until("end:");
    let rest = |start: &str| -> Vec<String> {
        lines.iter().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
    };
    let events: Vec<Value> =
        rest("event: ").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps: Vec<(i64, i64)> = rest("step: ")
        .iter()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(at, by)| (at.parse().unwrap(), by.parse().unwrap()))
        .collect();
    let mut latencies = Vec::new();
    let mut errors = Vec::new();
    for (at, by) in &steps {
        let seen =
            |event: &&Value| (0..140_000_000).contains(&(event["at"].as_i64().unwrap() - at));
        let Some(event) = events.iter().find(seen) else { continue };
        latencies.push(Nanos(event["at"].as_i64().unwrap() - at));
        errors.push((interval(&event["size"]).middle() - Nanos(*by)).abs());
    }
    latencies.sort_unstable();
    errors.sort_unstable();
    println!();
    let (found, all) = (latencies.len(), steps.len());
    row("steps of 100 ns", "--events", &format!("{found} of {all} found"), "all", found == all);
    let quantiles = |all: &[Nanos]| {
        let at = |share: usize| all[(all.len() * share / 100).min(all.len() - 1)];
        (at(50), at(99), at(100))
    };
    let (p50, p99, max) = quantiles(&errors);
    let words = format!("median {p50}, p99 {p99}, max {max}");
    row("size error", "--events", &words, "≤ 50 ns", max <= Nanos(50));
    let (p50, p99, max) = quantiles(&latencies);
    let words = format!("median {p50}, p99 {p99}, max {max}");
    row("latency", "--events", &words, "p99 ≤ 1 ms", p99 <= Nanos::MILLISECOND);
    // A step wakes the watch by itself: it need not look often.
    let cost = cost("60s");
    let words = format!("{cost:.3} s an hour");
    row("CPU", "--events --interval 60s, here", &words, "≤ 0.05 s", cost <= 0.05);
}

/// What is done to a machine, for two seconds each time, and what should be said of it.
const DISTURBED: [(&str, &str); 5] = [
    ("stop/cont", "frozen"),
    ("SIGSTOP", "stalled"),
    ("quota", "starved"),
    ("hog", "starved"),
    ("nothing", ""),
];
const TRIALS: usize = 20;
const DISTURBANCE: Duration = Duration::from_secs(2);
/// Until it is settled what happened.
const SETTLED: Duration = Duration::from_secs(7);
/// Less than this is what a busy host does by itself.
const LEAST: i64 = 400_000_000;

/// The machine is busy: who needs no CPU does not miss it.
const WATCH: &str = "
while :; do :; done &
kvmtime measure --events --format json >/dev/console 2>/dev/null
";

#[test]
#[ignore = "run by cargo xtask bench measure"]
fn pauses() {
    let started = || -> Result<Guest, Lacking> {
        lacking::program("taskset", "util-linux")?;
        if !Path::new(GROUPS).exists() {
            return Err(Lacking::Impossible(format!("control groups of version 1 ({GROUPS})")));
        }
        let image = Image::linux()?.program(Path::new(KVMTIME))?.job(WATCH);
        Guest::start(&image, "clocksource=hpet", &[])
    };
    let Some(mut guest) = need(started()) else { return };
    guest.ready();
    std::thread::sleep(Duration::from_secs(10));
    guest.within(Duration::ZERO);
    let (mut right, mut said, mut happened, mut told) = (0, 0, 0, 0);
    let mut each = vec![];
    for (disturbance, expected) in DISTURBED {
        let mut good = 0;
        let mut words = vec![];
        for _ in 0..TRIALS {
            disturb(&guest, disturbance);
            let found: Vec<String> = guest
                .within(SETTLED)
                .iter()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter(|event| event["size"]["hi"].as_i64().is_some_and(|hi| hi >= LEAST))
                .map(|event| event["what"].as_str().unwrap().to_owned())
                .collect();
            let hit = found.iter().any(|what| what == expected);
            happened += u32::from(!expected.is_empty());
            told += u32::from(hit);
            for what in &found {
                said += 1;
                right += u32::from(what == expected);
            }
            good += u32::from(hit || expected.is_empty() && found.is_empty());
            words.push(found.join("+"));
        }
        each.push(format!("{disturbance} {good} of {TRIALS} ({})", words.join(" ")));
    }
    println!("\n| pauses, right kind | --events | {} | | |", each.join(", "));
    for (what, part, whole) in [("precision", right, said), ("recall", told, happened)] {
        let share = f64::from(part) / f64::from(whole.max(1));
        row(what, "--events", &format!("{share:.3}"), "≥ 0.95", share >= 0.95);
    }
}

fn disturb(guest: &Guest, how: &str) {
    match how {
        "stop/cont" => guest.pause(DISTURBANCE),
        "SIGSTOP" => guest.stall(DISTURBANCE),
        "quota" => quota(guest.pid()),
        "hog" => hog(guest.pid()),
        _ => std::thread::sleep(DISTURBANCE),
    }
}

const GROUPS: &str = "/sys/fs/cgroup/cpu";

/// A tenth of a CPU for a while, by a control group (cgroups(7), version 1).
fn quota(pid: u32) {
    let root = Path::new(GROUPS);
    let folder = root.join(format!("kvmtime-bench-{pid}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cpu.cfs_quota_us"), "10000").unwrap();
    std::fs::write(folder.join("cgroup.procs"), pid.to_string()).unwrap();
    std::thread::sleep(DISTURBANCE);
    std::fs::write(root.join("cgroup.procs"), pid.to_string()).unwrap();
    std::fs::remove_dir(&folder).unwrap();
}

/// Eight busy processes that are somewhat preferred, on the CPU that QEMU is kept on meanwhile.
fn hog(pid: u32) {
    let on = |cpus: &str| {
        let mut taskset = Command::new("taskset");
        taskset.args(["-a", "-p", "-c", cpus, &pid.to_string()]).stdout(Stdio::null());
        assert!(taskset.status().unwrap().success());
    };
    on("0");
    let busy = |_| {
        Command::new("nice")
            .args(["-n", "-5", "taskset", "-c", "0", "sh", "-c", "while :; do :; done"])
            .spawn()
            .unwrap()
    };
    let mut busy: Vec<Child> = (0..8).map(busy).collect();
    std::thread::sleep(DISTURBANCE);
    for child in &mut busy {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    on("0-1023");
}

/// What watching this machine costs while nothing happens, without its start: seconds of CPU time an hour.
fn cost(interval: &str) -> f64 {
    let mut watch = Command::new(KVMTIME)
        .args(["measure", "--events", "--interval", interval])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/schedstat", watch.id());
    let ran = || -> f64 {
        let text = std::fs::read_to_string(&path).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    std::thread::sleep(Duration::from_secs(2));
    let before = ran();
    std::thread::sleep(Duration::from_secs(125));
    let cost = (ran() - before) / 1e9 * 3600.0 / 125.0;
    watch.kill().unwrap();
    watch.wait().unwrap();
    cost
}

/// A loop as people write it, in the place where libvirt is.
const LOOP: &str = "
for i in $(seq 40); do
    a=$(date +%s%N)
    virsh -q qemu-agent-command plain '{\"execute\":\"guest-get-time\"}' >/dev/null
    b=$(date +%s%N)
    virsh -q domtime plain >/dev/null
    echo $((b - a)) $(($(date +%s%N) - b))
done
";

#[test]
#[ignore = "run by cargo xtask bench measure"]
fn the_agent_by_libvirt() {
    let Some(image) = need(Image::linux()) else { return };
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let initramfs = libvirt.folder().join("initramfs");
    std::fs::write(&initramfs, image.initramfs()).unwrap();
    let xml = include_str!("libvirtd/running.xml")
        .replace("@TYPE@", "qemu")
        .replace("@NAME@", "plain")
        .replace("@OS@", "http://debian.org/debian/12")
        .replace("@CLOCK@", "offset='utc'>")
        .replace("quiet no_timer_check", "quiet no_timer_check clocksource=hpet")
        .replace("@KERNEL@", &image.kernel().to_string_lossy())
        .replace("@INITRAMFS@", &initramfs.to_string_lossy());
    libvirt.define(&xml);
    libvirt.run("virsh", &["start", "plain"]);
    libvirt.wait_for("/run/plain.console", READY);
    libvirt.run("sh", &["-c", "until virsh -q domtime plain >/dev/null 2>&1; do sleep 0.1; done"]);
    let before = libvirt.run("sh", &["-c", LOOP]);
    let arguments = ["measure", "domain:plain", "--interval", "20ms", "--format", "json"];
    let ours: Value = serde_json::from_str(&libvirt.run(KVMTIME, &arguments)).unwrap();
    let after = libvirt.run("sh", &["-c", LOOP]);
    let rounds: Vec<[f64; 2]> = format!("{before}{after}")
        .lines()
        .map(|line| {
            let mut numbers = line.split(' ').map(|word| word.parse::<f64>().unwrap());
            [numbers.next().unwrap(), numbers.next().unwrap()]
        })
        .collect();
    // Either is as good as its quickest round; domtime shows whole seconds.
    let least =
        |column: usize| rounds.iter().map(|r| r[column]).fold(f64::INFINITY, f64::min) / 2.0;
    let (plain, domtime) = (least(0), least(1) + 5e8);
    let offset = interval(&ours["measurements"][0]["offset"]).radius();
    let shown = |ns: f64| Nanos::from_ns(ns).unwrap();
    let ratio = offset.ns() / plain;
    let words = format!("± {offset} / ± {} = {ratio:.2}", shown(plain));
    println!();
    row("agent bound / loop of virsh", "libvirt", &words, "≤ 0.6", ratio <= 0.6);
    let ratio = domtime / offset.ns();
    let words = format!("± {} / ± {offset} = {ratio:.0}", shown(domtime));
    row("virsh domtime / agent bound", "libvirt", &words, "≥ 1000", ratio >= 1000.0);
}
