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
mod debian;
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
use guests::{Guest, Image, Kernel, READY};
use injected::{Seen, Truth};
use kvmtime_core::estimate::{Point, least_squares};
use kvmtime_core::reading::Interval;
use kvmtime_core::units::Nanos;
use lacking::{Lacking, need};
use libvirtd::Libvirtd;
use report::KVMTIME;
use serde_json::Value;

/// How long drift is measured by the agent.
const LONG: &str = "700s";

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
    let all = serde_json::json!({ "outside": found, "inside": inside, "rtc": rtc });
    keep("bench_measure.json", &all);
    let [agent, echo, line] = &found[..] else { panic!("{}", found.len()) };
    coverage(&seen, &[("guest agent", agent), ("echo, virtio", echo), ("echo, serial", line)]);
    edges(&seen, &inside["measurements"][0], &rtc[0]);
    drift(&seen, &[("agent", agent), ("echo, virtio", echo), ("echo, serial", line)]);
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
        covered(name, found, |at| seen.at(at));
    }
}

fn covered(name: &str, found: &Value, truth: impl Fn(Nanos) -> Option<Interval>) {
    let readings = found["readings"].as_array().unwrap();
    let (mut inside, mut known) = (0, 0);
    for reading in readings {
        let at = Nanos(reading["at"].as_i64().unwrap());
        let Some(truth) = truth(at) else { continue };
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

/// The guest's clock against a network card's, which QEMU has from 8.0 on.
const CARD: &str = "
modprobe igb
adjtimex -q -f 385352 >/dev/null
card=/dev/ptp0
";
/// Both count by QEMU's virtual clock (hw/net/e1000x_common.c, hw/timer/hpet.c), so that this is what adjtimex was told, ppb.
const RATE: f64 = 385_352.0 / 65.536;
const READ: &str = "
echo measure me
kvmtime measure --against phc --interval 60ms --duration 90s --format json >phc 2>/dev/null
echo phc: $(cat phc)
while :; do sleep 3600; done
";

#[test]
#[ignore = "run by cargo xtask bench measure"]
fn the_clock_of_a_network_card() {
    let started = || -> Result<(Guest, tempfile::TempDir), Lacking> {
        let folder = tempfile::tempdir().unwrap();
        let image = Image::on(Kernel::whole()?, &guests::IGB)?
            .program(Path::new(KVMTIME))?
            .program(&injected::answer(folder.path())?)?
            .job(&[CARD, injected::ANSWER, READ].concat());
        let options = [&["-nic", "user,model=igb"], &injected::MEMORY[..]].concat();
        Ok((Guest::on(debian::qemu("trixie")?, &image, "clocksource=hpet", &options), folder))
    };
    let Some((mut guest, _folder)) = need(started()) else { return };
    guest.says("measure me");
    let truth = Truth::of(&guest.path("truth"));
    let found: Value = serde_json::from_str(&guest.says("phc: ")).unwrap();
    let (seen, found) = (truth.take(), &found["measurements"][0]);
    let truth = |at| seen.card_at(at, RATE);
    println!("\n| truth known to ± {} | | | | |", truth(Nanos(0)).radius());
    covered("PHC of igb", found, |at| Some(truth(at)));
    let drift = &found["drift"];
    let rate = drift["rate"].as_f64().unwrap();
    let error = (rate - RATE).abs();
    let words = format!("{rate:.1} ppb, {error:.1} off; hard {}", ends(&drift["hard"]));
    row("drift after 90 s", "PHC of igb", &words, "≤ 60 ppb off", error <= 60.0);
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

fn row(what: &str, by: &str, found: &str, target: &str, met: bool) {
    println!("| {what} | {by} | {found} | {target} | {} |", if met { "met" } else { "not met" });
}

/// The RTC alone, from inside, a minute each time: on a calm host, then on one with busy processes. The truth is looked at before and
/// after, as the program that answers wants the guest's CPU too.
const MINUTES: &str = "
kvmtime measure --against rtc --duration 60s --format json >rtc 2>/dev/null
echo rtc: $(cat rtc)
";
const RUNS: usize = 6;
const BUSY: usize = 4;

#[test]
#[ignore = "it takes a quarter of an hour; run by cargo xtask bench measure"]
fn drift_by_the_rtc() {
    let started = || -> Result<(Guest, tempfile::TempDir), Lacking> {
        let folder = tempfile::tempdir().unwrap();
        let answer = injected::answer(folder.path())?;
        let image = Image::linux()?.program(Path::new(KVMTIME))?.program(&answer)?;
        let look = format!("{}\necho look:\nsleep 30\nkillall answer\n", injected::ANSWER);
        let runs = MINUTES.repeat(RUNS);
        let image = image.job(&format!(
            "adjtimex -q -f 385352 >/dev/null\n{look}{runs}echo busy:\n{runs}{look}sleep 60\n"
        ));
        Ok((Guest::start(&image, "clocksource=hpet", &injected::MEMORY)?, folder))
    };
    let Some((mut guest, _folder)) = need(started()) else { return };
    let memory = guest.path("truth");
    let look = |guest: &mut Guest| {
        guest.says("look:");
        injected::glance(&memory)
    };
    let first = look(&mut guest);
    let runs = |guest: &mut Guest| -> (Vec<Value>, String) {
        let run = |_| serde_json::from_str(&guest.says("rtc: ")).unwrap();
        ((0..RUNS).map(run).collect(), std::fs::read_to_string("/proc/loadavg").unwrap())
    };
    let calm = runs(&mut guest);
    let busy = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
    let mut load: Vec<Child> = (0..BUSY).map(|_| busy()).collect();
    let busy = runs(&mut guest);
    for child in &mut load {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    keep("bench_rtc.json", &serde_json::json!({ "calm": calm.0, "busy": busy.0 }));
    let (truth, doubt) = Seen::of(vec![first, look(&mut guest)]).rate();
    println!("\n| true rate | | {truth:.1} ± {doubt:.2} ppb | | |");
    for (how, (runs, load)) in [("a calm host", calm), ("4 busy processes", busy)] {
        let by = format!("RTC edges, {how}, load {}", load.split(' ').nth(1).unwrap());
        let of = |run: &Value| {
            let drift = &run["measurements"][0]["drift"];
            let end = |end: usize| drift["hard"][end].as_f64();
            let held = end(0) <= Some(truth) && Some(truth) <= end(1);
            ((drift["rate"].as_f64().unwrap() - truth).abs(), held)
        };
        let all: Vec<(f64, bool)> = runs.iter().map(of).collect();
        let worst = all.iter().map(|(off, _)| *off).fold(0.0, f64::max);
        let words: Vec<String> = all.iter().map(|(off, _)| format!("{off:.0}")).collect();
        let words = format!("{} ppb off", words.join(", "));
        row("drift after 60 s", &by, &words, "≤ 500 ppb off", worst <= 500.0);
        let held = all.iter().filter(|(_, held)| *held).count();
        let words = format!("{held} of {}", all.len());
        row("bounds that hold the rate", &by, &words, "all", held == all.len());
    }
}

/// For whoever wants to look at the readings.
fn keep(name: &str, all: &Value) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(path, serde_json::to_vec(all).unwrap()).unwrap();
}

/// Steps of a guest's clock from 100 ns to 1 s, watched from beside.
const STEPPED: &str = "
kvmtime measure --events --interval 10s --format json >events 2>/dev/null &
watch=$!
sleep 3
for size in 100 100 100 10000 1000000 1000000000; do step 100 $size; done >steps
sleep 1
kill $watch
wait $watch
grep step events | sed 's/^/event: /'
sed 's/^/step: /' steps
echo end:
while :; do sleep 3600; done
";

/// This machine's clock is stepped by no more than 100 ns, there and back, and only if root runs the test.
#[test]
#[ignore = "run by cargo xtask bench measure"]
fn steps() {
    let folder = tempfile::tempdir().unwrap();
    let Some(step) = need(injected::step(folder.path())) else { return };
    println!();
    if let Some((steps, events)) = need(steps_here(&step)) {
        stepped("this machine", &steps, &events);
    }
    let started = || -> Result<Guest, Lacking> {
        let image = Image::linux()?.program(Path::new(KVMTIME))?.program(&step)?.job(STEPPED);
        // The TSC is read at once; another clocksource takes the device's time.
        Guest::start(&image, "clocksource=tsc tsc=nowatchdog", &["-smp", "2"])
    };
    let Some(mut guest) = need(started()) else { return };
    let lines = guest.until("end:");
    let rest =
        |start: &str| lines.iter().filter_map(|line| line.strip_prefix(start)).collect::<Vec<_>>();
    stepped("guest without KVM", &rest("step: "), &rest("event: "));
}

/// What was done, and what was said of it.
type Lines = (Vec<String>, Vec<String>);

fn steps_here(step: &Path) -> Result<Lines, Lacking> {
    let events = tempfile::NamedTempFile::new().unwrap();
    let mut watch = Command::new(KVMTIME)
        .args(["measure", "--events", "--interval", "10s", "--format", "json"])
        .stdout(events.reopen().unwrap())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let stepped = Command::new(step).args(["300", "100"]).output().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    watch.kill().unwrap();
    watch.wait().unwrap();
    if !stepped.status.success() {
        return Err(Lacking::Impossible("a clock that may be set (adjtimex)".to_owned()));
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    let events = std::fs::read_to_string(events.path()).unwrap();
    Ok((lines(&String::from_utf8(stepped.stdout).unwrap()), lines(&events)))
}

/// Compares the steps that were made with those that were told.
fn stepped<T: AsRef<str>>(whose: &str, steps: &[T], events: &[T]) {
    let events: Vec<Value> =
        events.iter().map(|line| serde_json::from_str(line.as_ref()).unwrap()).collect();
    let mut latencies = Vec::new();
    let mut errors = Vec::new();
    for step in steps {
        let (at, by) = step.as_ref().split_once(' ').unwrap();
        let (at, by): (i64, i64) = (at.parse().unwrap(), by.parse().unwrap());
        // Told by the clock as it is after the step.
        let after = |event: &Value| event["at"].as_i64().unwrap() - at - by;
        let seen =
            |event: &&Value| event["what"] == "step" && (-100..140_000_000).contains(&after(event));
        let Some(event) = events.iter().find(seen) else { continue };
        latencies.push(Nanos(after(event)));
        errors.push((interval(&event["size"]).middle() - Nanos(by)).abs());
    }
    latencies.sort_unstable();
    errors.sort_unstable();
    let (found, all) = (latencies.len(), steps.len());
    row(
        &format!("steps, {whose}"),
        "--events",
        &format!("{found} of {all} found"),
        "all",
        found == all,
    );
    let quantiles = |all: &[Nanos]| {
        let at = |share: usize| all[(all.len() * share / 100).min(all.len() - 1)];
        (at(50), at(99), at(100))
    };
    let (p50, p99, max) = quantiles(&errors);
    let words = format!("median {p50}, p99 {p99}, max {max}");
    row(&format!("size error, {whose}"), "--events", &words, "≤ 50 ns", max <= Nanos(50));
    let (p50, p99, max) = quantiles(&latencies);
    let words = format!("median {p50}, p99 {p99}, max {max}");
    row(&format!("latency, {whose}"), "--events", &words, "p99 ≤ 1 ms", p99 <= Nanos::MILLISECOND);
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
const SETTLED: Duration = Duration::from_secs(6);
/// Less than this is what a busy host does by itself.
const LEAST: i64 = 400_000_000;
/// A vCPU that waited this much longer for a CPU of its host, with nothing done to make it, was starved by a busy host.
const STARVED: i64 = 200_000_000;

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
    let mut score = Score::default();
    println!();
    for (disturbance, expected) in DISTURBED {
        let (mut good, mut busy, mut all) = (0, 0, vec![]);
        for _ in 0..TRIALS {
            let before = waited(guest.pid());
            disturb(&guest, disturbance);
            let found = said(&guest.within(SETTLED));
            let starved = expected != "starved" && waited(guest.pid()) - before >= STARVED;
            busy += u32::from(starved);
            good += u32::from(score.add(expected, &found, starved));
            all.push(found.join("+"));
        }
        let by_host = match busy {
            0 => String::new(),
            busy => format!(", in {busy} of them the host was busy by itself"),
        };
        println!(
            "| {disturbance} | --events | {good} of {TRIALS} right{by_host} ({}) | | |",
            counted(&all)
        );
    }
    for (what, share) in [("precision", score.precision()), ("recall", score.recall())] {
        row(what, "--events", &format!("{share:.3}"), "≥ 0.95", share >= 0.95);
    }
}

/// The kinds of events that are large enough.
fn said(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["size"]["hi"].as_i64().is_some_and(|hi| hi >= LEAST))
        .map(|event| event["what"].as_str().unwrap().to_owned())
        .collect()
}

/// How often each answer was given.
fn counted(all: &[String]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, u32>::new();
    for words in all {
        *counts.entry(if words.is_empty() { "nothing" } else { words }).or_default() += 1;
    }
    let each: Vec<String> = counts.iter().map(|(words, n)| format!("{words} {n} ×")).collect();
    each.join(", ")
}

/// Events that were told, of them right; what happened, of it told.
#[derive(Default)]
struct Score {
    told: u32,
    right: u32,
    happened: u32,
    found: u32,
}

impl Score {
    /// A trial; whether it was right. Where the host was busy by itself, the guest was starved besides: to say so is neither.
    fn add(&mut self, expected: &str, found: &[String], busy: bool) -> bool {
        let counts = |what: &&String| !(busy && what.as_str() == "starved");
        let told: Vec<&String> = found.iter().filter(counts).collect();
        let right = told.iter().filter(|what| what.as_str() == expected).count();
        self.told += u32::try_from(told.len()).unwrap();
        self.right += u32::try_from(right).unwrap();
        self.happened += u32::from(!expected.is_empty());
        self.found += u32::from(right > 0);
        right == told.len() && (right > 0 || expected.is_empty())
    }

    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.told.max(1))
    }

    fn recall(&self) -> f64 {
        f64::from(self.found) / f64::from(self.happened.max(1))
    }
}

/// How long QEMU's busiest thread, which is the vCPU's, has waited for a CPU: ns, by its host.
fn waited(pid: u32) -> i64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let times = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let mut numbers = text.split_whitespace().map(|number| number.parse::<i64>().unwrap());
        Some((numbers.next()?, numbers.next()?))
    });
    times.max().unwrap().1
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

/// A fifth of a CPU for a while, 20 of each 100 ms, by a control group (cgroups(7), version 1).
fn quota(pid: u32) {
    let root = Path::new(GROUPS);
    let folder = root.join(format!("kvmtime-bench-{pid}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cpu.cfs_quota_us"), "20000").unwrap();
    std::fs::write(folder.join("cgroup.procs"), pid.to_string()).unwrap();
    std::thread::sleep(DISTURBANCE);
    std::fs::write(root.join("cgroup.procs"), pid.to_string()).unwrap();
    std::fs::remove_dir(&folder).unwrap();
}

/// Eight busy processes that are as nice as QEMU, on the CPU that it is kept on meanwhile.
fn hog(pid: u32) {
    let on = |cpus: &str| {
        let mut taskset = Command::new("taskset");
        taskset.args(["-a", "-p", "-c", cpus, &pid.to_string()]).stdout(Stdio::null());
        assert!(taskset.status().unwrap().success());
    };
    on("0");
    let busy = |_| {
        Command::new("taskset")
            .args(["-c", "0", "sh", "-c", "while :; do :; done"])
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

/// How often this machine is looked at, and what that may cost, seconds of CPU time an hour. A step wakes the watch by itself.
const COST: [(&str, Option<f64>); 3] = [("60s", Some(0.05)), ("1s", None), ("100ms", None)];

/// Without its start, while nothing happens.
#[test]
#[ignore = "run by cargo xtask bench measure"]
fn cost() {
    let build = if cfg!(debug_assertions) { "CPU, not a release" } else { "CPU" };
    let watch = |(interval, most)| {
        let mut watch = Command::new(KVMTIME);
        watch.args(["measure", "--events", "--interval", interval]).stdout(Stdio::null());
        (interval, most, watch.spawn().unwrap())
    };
    let watches = COST.map(watch);
    let ran = |child: &Child| -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", child.id())).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    std::thread::sleep(Duration::from_secs(5));
    let before: Vec<f64> = watches.iter().map(|(.., child)| ran(child)).collect();
    let time = Duration::from_secs(300);
    std::thread::sleep(time);
    println!();
    for ((interval, most, mut child), before) in watches.into_iter().zip(before) {
        let cost = (ran(&child) - before) / 1e9 * 3600.0 / time.as_secs_f64();
        child.kill().unwrap();
        child.wait().unwrap();
        let words = format!("{cost:.3} s an hour");
        let by = format!("--events --interval {interval}, here");
        match most {
            Some(most) => row(build, &by, &words, &format!("≤ {most} s"), cost <= most),
            None => println!("| {build} | {by} | {words} | | |"),
        }
    }
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
