//! `cargo xtask bench sync`: what `kvmtime sync` and `guard` leave of a gap, against what else there is.
//!
//! These take the better part of an hour and are ignored by default. Each prints rows of the table in docs/reference/bench.md.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench runs programs and prints a table"
)]

mod faults;
mod guests;
mod herd;
mod lacking;
mod libvirtd;
mod many;
mod ntp;
mod report;

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use faults::{Keeper, Run};
use herd::{Domain, Herd, Offset};
use lacking::need;
use libvirtd::{Inside, Usage};
use many::{INSIDE, Many};

const TOLERANCE: Duration = Duration::from_millis(10);

/// Guests that stand still at once and are set one after the other, and how often: 100 tries of each way.
const GUESTS: usize = 10;
const ROUNDS: usize = 10;
const PAUSE: Duration = Duration::from_secs(10);

/// Guests that are set at once.
const MANY: usize = 20;

/// Guests that only have to be known.
const THOUSAND: usize = 1000;

/// A way to set a guest's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Now,
    Sync,
    Once,
    Kvmtime,
}

impl Way {
    /// Those that there are.
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Now, Self::Sync, Self::Once];
        all.extend(has("sync").then_some(Self::Kvmtime));
        all
    }

    fn name(self) -> &'static str {
        match self {
            Self::Now => "`virsh domtime --now`",
            Self::Sync => "`virsh domtime --sync`",
            Self::Once => "`guest-set-time`, once",
            Self::Kvmtime => "`kvmtime sync`",
        }
    }

    fn command(self, herd: &Herd, domain: &Domain) -> Command {
        const ONCE: &str = r#"virsh qemu-agent-command "$0" \
            "{\"execute\":\"guest-set-time\",\"arguments\":{\"time\":$(date +%s%N)}}""#;
        let name = domain.name();
        let libvirt = herd.libvirt();
        let mut command = match self {
            Self::Now => libvirt.command("virsh", &["domtime", name, "--now"]),
            Self::Sync => libvirt.command("virsh", &["domtime", name, "--sync"]),
            Self::Once => libvirt.command("sh", &["-c", ONCE, name]),
            Self::Kvmtime => libvirt.command(program(), &["sync", name]),
        };
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn set(self, herd: &Herd, domain: &Domain) -> bool {
        self.command(herd, domain).status().unwrap().success()
    }
}

/// The kvmtime that is measured.
fn program() -> String {
    std::env::var("BENCH_KVMTIME").unwrap_or_else(|_| report::KVMTIME.to_owned())
}

/// Whether it has a command; where it has not yet, the peers are measured all the same.
fn has(command: &str) -> bool {
    let mut help = Command::new(program());
    help.args([command, "--help"]).stdout(Stdio::null()).stderr(Stdio::null());
    let has = help.status().unwrap().success();
    if !has {
        eprintln!("this kvmtime has no `{command}`");
    }
    has
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |number| number.parse().unwrap())
}

fn row(what: &str, by: &str, found: &str, target: &str, met: Option<bool>) {
    let verdict = met.map_or("", |met| if met { "met" } else { "not met" });
    println!("| {what} | {by} | {found} | {target} | {verdict} |");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The value below which this share of them is.
fn share<T: Copy>(sorted: &[T], percent: usize) -> T {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// What a way left, and how long it took.
#[derive(Default)]
struct Left {
    offsets: Vec<Offset>,
    times: Vec<Duration>,
    failed: usize,
}

impl Left {
    fn note(&mut self, way: Way, herd: &Herd, domain: &Domain) {
        let start = Instant::now();
        // A guest that was restored has an agent a moment later.
        let set = (0..10).any(|n| {
            thread::sleep(Duration::from_millis(if n == 0 { 0 } else { 100 }));
            way.set(herd, domain)
        });
        self.times.push(start.elapsed());
        self.failed += usize::from(!set);
        self.offsets.push(domain.offset());
    }

    fn print(&mut self, what: &str, way: Way) {
        self.offsets.sort_by(|a, b| a.ms().total_cmp(&b.ms()));
        self.times.sort();
        let all = self.offsets.len();
        let within = self.offsets.iter().filter(|offset| offset.is_within(TOLERANCE)).count();
        let [least, median, most] = [0, 50, 100].map(|n| share(&self.offsets, n).ms());
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let found = format!(
            "median {median:.1} ms, {least:.1} to {most:.1}; {within} of {all} within ± 10 ms{failed}"
        );
        let ours = way == Way::Kvmtime;
        let target = if ours { "all within ± 10 ms" } else { "" };
        row(what, way.name(), &found, target, ours.then_some(within == all));
        let [median, most] = [50, 99].map(|n| share(&self.times, n).as_millis());
        let found = format!("p50 {median} ms, p99 {most} ms");
        // A guest whose memory is still in a file has to be read first.
        let bound = ours && !what.contains("cold");
        let target = if bound { "p50 ≤ 150 ms, p99 ≤ 500 ms" } else { "" };
        let met = bound.then_some(median <= 150 && most <= 500);
        row(&format!("{what}: how long it takes"), way.name(), &found, target, met);
    }
}

/// Each way in each round, taking turns in being first.
fn rounds(ways: &[Way], count: usize, mut each: impl FnMut(usize, Way)) {
    for round in 0..count {
        for index in 0..ways.len() {
            let which = (round + index) % ways.len();
            each(which, ways[which]);
        }
    }
}

#[test]
#[ignore = "it takes a quarter of an hour; run by cargo xtask bench sync"]
fn after_a_pause() {
    let Some(herd) = need(Herd::start(GUESTS)) else { return };
    println!();
    let ways = Way::all();
    let mut left: Vec<Left> = ways.iter().map(|_| Left::default()).collect();
    rounds(&ways, number("BENCH_ROUNDS", ROUNDS), |index, way| {
        herd.domains().iter().for_each(Domain::suspend);
        thread::sleep(PAUSE);
        for domain in herd.domains() {
            domain.resume();
            left[index].note(way, &herd, domain);
        }
    });
    for (way, left) in ways.iter().zip(&mut left) {
        left.print("after a pause of 10 s", *way);
    }
}

#[test]
#[ignore = "run by cargo xtask bench sync"]
fn after_a_restore() {
    let Some(herd) = need(Herd::start(GUESTS)) else { return };
    println!();
    let ways = Way::all();
    let mut left: Vec<Left> = ways.iter().map(|_| Left::default()).collect();
    rounds(&ways, number("BENCH_ROUNDS", ROUNDS).div_ceil(2), |index, way| {
        for domain in herd.domains() {
            domain.managed_save();
            domain.start();
            left[index].note(way, &herd, domain);
        }
    });
    for (way, left) in ways.iter().zip(&mut left) {
        left.print("after a restore, memory cold", *way);
    }
}

#[test]
#[ignore = "run by cargo xtask bench sync"]
fn many_at_once() {
    let Some(herd) = need(Herd::start(number("BENCH_GUESTS", MANY))) else { return };
    println!();
    let mut ways = vec![Way::Now];
    ways.extend(has("sync").then_some(Way::Kvmtime));
    let mut times: Vec<Vec<Duration>> = ways.iter().map(|_| vec![]).collect();
    let mut worst = Duration::ZERO;
    rounds(&ways, number("BENCH_ROUNDS", ROUNDS).div_ceil(2), |index, way| {
        herd.domains().iter().for_each(Domain::suspend);
        thread::sleep(Duration::from_secs(3));
        herd.domains().iter().for_each(Domain::resume);
        let start = Instant::now();
        let commands: Vec<Command> = match way {
            Way::Kvmtime => vec![herd.libvirt().command(program(), &["sync", "--all"])],
            _ => herd.domains().iter().map(|domain| way.command(&herd, domain)).collect(),
        };
        let all: Vec<_> = commands
            .into_iter()
            .map(|mut command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
            .collect();
        let set = all.into_iter().filter_map(|mut child| child.wait().ok());
        let failed = set.filter(|status| !status.success()).count();
        times[index].push(start.elapsed());
        assert_eq!(failed, 0, "{}", way.name());
        if way == Way::Kvmtime {
            let offsets = herd.domains().iter().map(|domain| domain.offset().least());
            worst = worst.max(offsets.max().unwrap());
        }
    });
    for times in &mut times {
        times.sort();
    }
    let what = format!("{} at once", herd.domains().len());
    let median = |index: usize| share(&times[index], 50);
    row(&what, "`virsh domtime --now`, in parallel", &ms(median(0)), "", None);
    if ways.len() > 1 {
        let (ours, most) = (median(1), share(&times[1], 100));
        let ratio = ours.as_secs_f64() / median(0).as_secs_f64();
        let found =
            format!("{}, at most {}; {ratio:.2} × that; {} left", ms(ours), ms(most), ms(worst));
        let met = ratio <= 2.0 && most <= Duration::from_secs(5) && worst <= TOLERANCE;
        row(&what, "`kvmtime sync --all`", &found, "≤ 2 × that, ≤ 5 s, ≤ 10 ms left", Some(met));
    }
}

#[test]
#[ignore = "run by cargo xtask bench sync"]
fn faults() {
    let Some(herd) = need(Herd::start(number("BENCH_GUESTS", 8))) else { return };
    println!();
    herd.domains().iter().for_each(Domain::agent_answers);
    herd.domains().iter().for_each(|domain| assert!(Way::Now.set(&herd, domain)));
    let guarded = has("guard");
    let program = program();
    let keeper = if guarded { Keeper::guard(&herd, &program) } else { Keeper::Hand };
    let fresh = keeper.rested();
    // Whole seconds leave up to one, and the time that the command takes.
    let tolerance = if guarded { TOLERANCE } else { Duration::from_millis(1200) };
    let (seed, count) = (number("BENCH_SEED", 1) as u64, number("BENCH_COUNT", 500) as u64);
    let outcome = Run::new(&keeper, seed, count, tolerance).play(&herd);
    let by = if guarded { "`kvmtime guard`" } else { "`virsh domtime --now` by hand" };
    let met = |met: bool| guarded.then_some(met);
    for fault in outcome.moved.iter().chain(&outcome.wrong) {
        eprintln!("{fault}");
    }
    let (moved, wrong, right) =
        (outcome.moved.len(), outcome.wrong.len(), outcome.until_right.len());
    let what = format!("{count} sequences of faults, seed {seed}");
    row(&what, by, &format!("{moved} moved away"), "none", met(moved == 0));
    row(&what, by, &format!("{right} of {} right in time", right + wrong), "all", met(wrong == 0));
    if right > 0 {
        let [median, most] = [50, 99].map(|n| share(&outcome.until_right, n));
        row(
            "until right, after the last",
            by,
            &format!("p50 {median:.1?}, p99 {most:.1?}"),
            "",
            None,
        );
    }
    if let Some((before, after)) = fresh.zip(keeper.rested()) {
        let found = format!(
            "{} → {} threads, {} → {} files, {} → {} KiB; {:.1?} of CPU",
            before.threads,
            after.threads,
            before.files,
            after.files,
            before.resident_kib,
            after.resident_kib,
            after.cpu
        );
        let grown = after.threads > before.threads
            || after.files > before.files
            || after.resident_kib > before.resident_kib + before.resident_kib / 10;
        row("used at rest, before and after", by, &found, "no growth", Some(!grown));
    }
}

/// What a guard costs that has nothing to do.
#[test]
#[ignore = "run by cargo xtask bench sync"]
fn idle() {
    if !has("guard") {
        return;
    }
    let Some(herd) = need(Herd::start(number("BENCH_GUESTS", MANY))) else { return };
    println!();
    let program = program();
    let keeper = Keeper::guard(&herd, &program);
    // It looks at all of them when it begins.
    thread::sleep(Duration::from_secs(60));
    let time = Duration::from_secs(300);
    let before = keeper.usage().unwrap();
    thread::sleep(time);
    let after = keeper.usage().unwrap();
    let percent = 100.0 * (after.cpu - before.cpu).as_secs_f64() / time.as_secs_f64();
    let found = format!("{percent:.2} % of a CPU, {} MiB", after.resident_kib / 1024);
    let met = percent <= 0.2 && after.resident_kib <= 20 * 1024;
    let what = format!("idle, {} guests", herd.domains().len());
    row(&what, "`kvmtime guard`", &found, "≤ 0.2 %, ≤ 20 MiB", Some(met));
}

/// Guests of libvirt's driver for tests, their guard, and who only hears of them.
struct Known {
    guard: Inside,
    virsh: Inside,
    /// The last to end.
    many: Many,
}

impl Known {
    /// The guard looks at each once in such a time.
    fn start(many: Many, program: &str, sweep: Duration) -> Self {
        let sweep = format!("[guard]\nsweep = \"{}s\"\n", sweep.as_secs());
        let config = many.libvirt().write("config.toml", &sweep);
        let guard = ["guard", "--connect", INSIDE, "--config", &config];
        let virsh = ["--connect", INSIDE, "event", "--all", "--loop"];
        let start = |program: &str, arguments: &[&str]| {
            let mut command = many.libvirt().command(program, arguments);
            Inside::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
        };
        let (guard, virsh) = (start(program, &guard), start("virsh", &virsh));
        Self { guard, virsh, many }
    }

    /// Looks at guests, and what happened to them, as the guard counts.
    fn counts(&self, program: &str) -> [u64; 2] {
        let status = ["guard", "status", "--format", "json"];
        let status = self.many.libvirt().output(program, &status).stdout;
        let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
        ["looks", "triggers"].map(|what| status["counts"][what].as_u64().unwrap())
    }
}

/// Percent of a CPU, and all in words.
fn used(time: Duration, before: Usage, after: Usage) -> (f64, String) {
    let percent = 100.0 * (after.cpu - before.cpu).as_secs_f64() / time.as_secs_f64();
    let [resident, peak] = [after.resident_kib, after.peak_kib].map(|kib| kib as f64 / 1024.0);
    (percent, format!("{percent:.2} % of a CPU, {resident:.1} MiB, at most {peak:.1} MiB"))
}

/// What it uses when nothing happens, which takes a moment after something did.
fn rested(guard: &Inside, fresh: Usage) -> Usage {
    let all = std::iter::repeat_with(|| guard.usage()).take(20);
    let mut all = all.skip_while(|now| now.threads > fresh.threads || now.files > fresh.files);
    all.next().unwrap_or_else(|| guard.usage())
}

/// What it costs to guard a thousand, and what remains of it when all of them do something.
#[test]
#[ignore = "run by cargo xtask bench sync"]
fn thousand() {
    if !has("guard") {
        return;
    }
    let program = program();
    let time = Duration::from_secs(number("BENCH_SECONDS", 300) as u64);
    let counts = [MANY, number("BENCH_DOMAINS", THOUSAND)];
    let mut all = Vec::new();
    for count in counts {
        let Some(many) = need(Many::start(count)) else { return };
        all.push(Known::start(many, &program, time));
    }
    println!();
    // All are looked at when it begins, and half a sweep later at the earliest; its threads go when they have nothing to do.
    thread::sleep((time / 2).max(Duration::from_secs(60)));
    let looks = |known: &Known| known.counts(&program)[0];
    let usage = || all.iter().map(|known| [known.guard.usage_now(), known.virsh.usage_now()]);
    let looks_before: Vec<u64> = all.iter().map(looks).collect();
    let before: Vec<_> = usage().collect();
    thread::sleep(time);
    let after: Vec<_> = usage().collect();
    for (index, known) in all.iter().enumerate() {
        let what = format!("at rest, {} guests without agents", known.many.count());
        let [(percent, guard), (_, virsh)] =
            [0, 1].map(|by| used(time, before[index][by], after[index][by]));
        row(&what, "`virsh event --all --loop`", &virsh, "", None);
        let peak = after[index][0].peak_kib;
        let looks = looks(known) - looks_before[index];
        let each = (after[index][0].cpu - before[index][0].cpu).as_secs_f64() * 1e3 / looks as f64;
        let found = format!("{guard}; {looks} looks, {each:.2} ms each");
        let bound = known.many.count() > MANY;
        let target = if bound { "≤ 1 %, ≤ 64 MiB" } else { "" };
        let met = bound.then_some(percent <= 1.0 && peak <= 64 << 10);
        row(&what, "`kvmtime guard`", &found, target, met);
    }
    let known = all.last().unwrap();
    storm(known, known.many.count(), &program);
    come_and_go(known, known.many.count(), &program);
}

/// All are suspended and resumed, as fast as one virsh can.
fn storm(known: &Known, count: usize, program: &str) {
    let guard = &known.guard;
    let fresh = guard.usage();
    let [_, triggers] = known.counts(program);
    let (done, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let before = guard.usage_now().cpu;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(guard.usage_now().threads, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        known.many.each("suspend");
        known.many.each("resume");
        thread::sleep(Duration::from_secs(10));
        done.store(true, Ordering::Relaxed);
    });
    let after = guard.usage_now();
    let heard = known.counts(program)[1] - triggers;
    let rested = rested(guard, fresh);
    let found = format!(
        "{heard} heard; {} ms of CPU, at most {} MiB; {} → {} → {} threads, {} → {} files",
        (after.cpu - before).as_millis(),
        after.peak_kib >> 10,
        fresh.threads,
        most.into_inner(),
        rested.threads,
        fresh.files,
        rested.files,
    );
    let left = rested.threads > fresh.threads || rested.files > fresh.files;
    let met = heard == count as u64 && !left && after.peak_kib <= 64 << 10;
    let what = format!("{count} suspended and resumed");
    row(&what, "`kvmtime guard`", &found, "all heard, ≤ 64 MiB, nothing left over", Some(met));
}

/// All are ended and others are started, again and again.
fn come_and_go(known: &Known, count: usize, program: &str) {
    const TIMES: u64 = 10;
    let fresh = known.guard.usage();
    let [_, triggers] = known.counts(program);
    for _ in 0..TIMES {
        known.many.each("destroy");
        known.many.create();
    }
    let rested = rested(&known.guard, fresh);
    let heard = known.counts(program)[1] - triggers;
    let found = format!(
        "{heard} heard; {} → {} KiB, {} → {} files",
        fresh.resident_kib, rested.resident_kib, fresh.files, rested.files
    );
    let grown = rested.resident_kib > fresh.resident_kib + fresh.resident_kib / 10;
    let met = heard == TIMES * count as u64 && !grown && rested.files <= fresh.files;
    let what = format!("{count} come and go, {TIMES} times");
    row(&what, "`kvmtime guard`", &found, "all heard, no growth", Some(met));
}
