//! `cargo xtask bench sync`: what `kvmtime sync` and `guard` leave of a gap, against what else there is.
//!
//! These take about an hour and are ignored by default. Each prints rows of the table in docs/reference/bench.md.
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
mod progress;
mod report;

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use faults::{Keeper, Run};
use herd::{Domain, GET, Herd, Hwclock, Offset};
use lacking::need;
use libvirtd::{Inside, Usage};
use many::{INSIDE, Many};
use progress::Progress;
use serde_json::Value;

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
    ByHand,
    Kvmtime,
    Guard,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Now => "`virsh domtime --now`",
            Self::Sync => "`virsh domtime --sync`",
            Self::Once => "`guest-set-time`, once",
            Self::ByHand => "`guest-set-time` and `guest-get-time`, once",
            Self::Kvmtime => "`kvmtime sync`",
            Self::Guard => "`kvmtime guard`",
        }
    }

    /// What is run for it; a guard runs all the time.
    fn command(self, herd: &Herd, domain: &Domain) -> Command {
        const SET: &str =
            r#"{\"execute\":\"guest-set-time\",\"arguments\":{\"time\":$(date +%s%N)}}"#;
        let get = GET.replace('"', "\\\"");
        let name = domain.name();
        let once = format!("virsh \"qemu-agent-command {name} '{SET}'\"");
        let by_hand = format!(
            "virsh \"qemu-agent-command {name} '{SET}'; qemu-agent-command {name} '{get}'\""
        );
        let history = history(herd);
        let libvirt = herd.libvirt();
        let mut command = match self {
            Self::Now => libvirt.command("virsh", &["domtime", name, "--now"]),
            Self::Sync => libvirt.command("virsh", &["domtime", name, "--sync"]),
            Self::Once => libvirt.command("sh", &["-c", &once]),
            Self::ByHand => libvirt.command("sh", &["-c", &by_hand]),
            Self::Kvmtime => libvirt.command(program(), &["sync", name, "--history", &history]),
            Self::Guard => libvirt.command("true", &[]),
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

/// How long they took, and whether half of them and nearly all kept to what is asked of one guest.
fn times(all: &[Duration]) -> (String, bool) {
    let mut sorted = all.to_vec();
    sorted.sort();
    let [median, most] = [50, 99].map(|n| share(&sorted, n).as_millis());
    (format!("p50 {median} ms, p99 {most} ms"), median <= 150 && most <= 500)
}

const BOUND: &str = "p50 ≤ 150 ms, p99 ≤ 500 ms";

/// What is left, and how much of it within the tolerance.
fn left(offsets: &[Offset]) -> (String, bool) {
    let mut sorted = offsets.to_vec();
    sorted.sort_by(|a, b| a.ms().total_cmp(&b.ms()));
    let all = sorted.len();
    let within = sorted.iter().filter(|offset| offset.is_within(TOLERANCE)).count();
    let [least, median, most] = [0, 50, 100].map(|n| share(&sorted, n).ms());
    let found =
        format!("median {median:.1} ms, {least:.1} to {most:.1}; {within} of {all} within ± 10 ms");
    (found, within == all)
}

/// Where a herd's corrections are kept.
fn history(herd: &Herd) -> String {
    herd.libvirt().folder().join("history").to_str().unwrap().to_owned()
}

/// The corrections that were kept since a time, of guests to which something happened that is called so.
fn corrections(herd: &Herd, since: Duration, trigger: &str) -> Vec<Value> {
    let arguments = ["history", "--corrections", "--format", "json", "--history", &history(herd)];
    let said = herd.libvirt().run(&program(), &arguments);
    let mut all: Value = serde_json::from_str(&said).unwrap();
    let mut all: Vec<Value> = serde_json::from_value(all["guests"].take()).unwrap();
    all.retain(|one| {
        let triggered = one["trigger"].as_str().unwrap().contains(trigger);
        triggered && one["outcome"] == "corrected" && span(one, "at") >= since
    });
    all
}

fn span(correction: &Value, name: &str) -> Duration {
    Duration::from_nanos(correction[name].as_u64().unwrap_or_default())
}

/// Since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// How often clocks were set more than once, and how many were.
fn sets(corrections: &[Value]) -> String {
    let again = |one: &&Value| one["sets"].as_array().unwrap().len() > 1;
    let again = corrections.iter().filter(again).count();
    format!("{again} of {} set again", corrections.len())
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

    fn print(&self, what: &str, way: Way, again: &str, bound: bool) {
        let (mut found, within) = left(&self.offsets);
        if self.failed > 0 {
            found = format!("{found}, {} failed", self.failed);
        }
        let ours = way == Way::Kvmtime;
        let target = if ours { "all within ± 10 ms" } else { "" };
        row(what, way.name(), &found, target, ours.then_some(within));
        let (mut found, met) = times(&self.times);
        if ours {
            found = format!("{found}; {again}");
        }
        let bound = ours && bound;
        let taken = if ours { "how long it takes, verified" } else { "how long it takes" };
        row(taken, way.name(), &found, if bound { BOUND } else { "" }, bound.then_some(met));
    }
}

/// Each way in each round, taking turns in being first.
fn rounds(what: &str, ways: &[Way], count: usize, mut each: impl FnMut(usize, Way)) {
    let progress = Progress::new(&format!("{what}, rounds"), (count * ways.len()) as u64);
    for round in 0..count {
        for index in 0..ways.len() {
            let which = (round + index) % ways.len();
            each(which, ways[which]);
            progress.step();
        }
    }
}

/// Waits for some part of a second: util-linux's hwclock ends at the same place in each.
fn somewhere(nth: usize) {
    const GOLDEN: usize = 618;
    thread::sleep(Duration::from_millis((nth * GOLDEN % 1000) as u64));
}

/// Guests that stand still at once, and are let go on and set one after the other.
fn pauses(what: &str, herd: &Herd, ways: &[Way], count: usize, hwclock: Hwclock) {
    let begun = now();
    let domains = &herd.domains()[..GUESTS.min(herd.domains().len())];
    let mut left: Vec<Left> = ways.iter().map(|_| Left::default()).collect();
    rounds(what, ways, count, |index, way| {
        domains.iter().for_each(Domain::suspend);
        thread::sleep(PAUSE);
        for (nth, domain) in domains.iter().enumerate() {
            if hwclock == Hwclock::UtilLinux {
                somewhere(nth);
            }
            domain.resume();
            left[index].note(way, herd, domain);
        }
    });
    let own = corrections(herd, begun, "sync");
    for (way, left) in ways.iter().zip(&left) {
        left.print(what, *way, &sets(&own), hwclock == Hwclock::Busybox);
    }
    if hwclock == Hwclock::UtilLinux {
        besides(Way::Kvmtime, &own);
    }
}

/// How much of it is kvmtime's own time: what passes until a guest says that it set its clock is the guest's.
fn besides(way: Way, corrections: &[Value]) {
    let own = |one: &Value| {
        let sets = one["sets"].as_array().unwrap().iter().map(|set| span(set, "took"));
        (span(one, "waited") + span(one, "took")).saturating_sub(sets.sum())
    };
    let (found, met) = times(&corrections.iter().map(own).collect::<Vec<_>>());
    row("of that, besides `guest-set-time`", way.name(), &found, BOUND, Some(met));
}

#[test]
#[ignore = "it takes a quarter of an hour; run by cargo xtask bench sync"]
fn after_a_pause() {
    let Some(herd) = need(Herd::start(GUESTS)) else { return };
    println!();
    let ways = [Way::Now, Way::Sync, Way::Once, Way::Kvmtime];
    pauses("after a pause of 10 s", &herd, &ways, number("BENCH_ROUNDS", ROUNDS), Hwclock::Busybox);
}

#[test]
#[ignore = "run by cargo xtask bench sync"]
fn after_a_restore() {
    let Some(herd) = need(Herd::start(GUESTS)) else { return };
    println!();
    let (begun, what) = (now(), "after a restore, memory cold");
    let ways = [Way::Now, Way::Sync, Way::Once, Way::Kvmtime];
    let mut left: Vec<Left> = ways.iter().map(|_| Left::default()).collect();
    rounds(what, &ways, number("BENCH_ROUNDS", ROUNDS).div_ceil(2), |index, way| {
        for domain in herd.domains() {
            domain.managed_save();
            domain.start();
            left[index].note(way, &herd, domain);
        }
    });
    let again = sets(&corrections(&herd, begun, "sync"));
    for (way, left) in ways.iter().zip(&left) {
        // A guest whose memory is still in a file has to be read first.
        left.print(what, *way, &again, false);
    }
}

/// How long somebody who looks all the time sees a clock wrong.
struct Seen {
    /// From a call until its guest answers.
    runs: Duration,
    /// From the call until its clock is right.
    right: Duration,
}

impl Seen {
    /// Lets a guest go on, or start, and looks.
    fn after(herd: &Herd, domain: &Domain, verb: &str) -> Self {
        let start = Instant::now();
        let mut virsh = herd.libvirt().command("virsh", &[verb, domain.name()]);
        let mut virsh = virsh.stdout(Stdio::null()).spawn().unwrap();
        let mut runs = None;
        let right = loop {
            assert!(start.elapsed() < Duration::from_secs(60), "{} stays wrong", domain.name());
            let Some(offset) = domain.look(1) else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            runs.get_or_insert_with(|| start.elapsed());
            if offset.is_within(TOLERANCE) {
                break start.elapsed();
            }
            thread::sleep(Duration::from_millis(1));
        };
        assert!(virsh.wait().unwrap().success(), "{verb} {}", domain.name());
        Self { runs: runs.unwrap_or(right), right }
    }
}

/// What a guard leaves, how soon, and how soon after it heard of it by its own account.
fn guarded(what: &str, herd: &Herd, count: usize, pause: Option<Duration>, hwclock: Hwclock) {
    let verb = if pause.is_some() { "resume" } else { "start" };
    let domains = &herd.domains()[..GUESTS.min(herd.domains().len())];
    let mut offsets = vec![];
    let mut seen = vec![];
    let begun = now();
    rounds(what, &[Way::Guard], count, |_, _| {
        if let Some(pause) = pause {
            domains.iter().for_each(Domain::suspend);
            thread::sleep(pause);
        }
        for (nth, domain) in domains.iter().enumerate() {
            // The one before is read back by then.
            thread::sleep(Duration::from_millis(200));
            if hwclock == Hwclock::UtilLinux {
                thread::sleep(Duration::from_secs(3));
                somewhere(nth);
            }
            if pause.is_none() {
                domain.managed_save();
            }
            seen.push(Seen::after(herd, domain, verb));
        }
        // It may not have been the last set.
        thread::sleep(Duration::from_secs(3));
        offsets.extend(domains.iter().map(Domain::offset));
    });
    let by = Way::Guard.name();
    let (found, met) = left(&offsets);
    row(what, by, &found, "all within ± 10 ms", Some(met));
    let [runs, right] = [|seen: &Seen| seen.runs, |seen: &Seen| seen.right]
        .map(|time| times(&seen.iter().map(time).collect::<Vec<_>>()));
    let seen = format!("{}; the guest ran after {}", right.0, runs.0);
    row(&format!("from the call of `virsh {verb}` until it is right"), by, &seen, "", None);
    let own = corrections(herd, begun, "RESUMED");
    let verified: Vec<Duration> =
        own.iter().map(|one| span(one, "waited") + span(one, "took")).collect();
    let (found, met) = times(&verified);
    let found = format!("{found}; {}", sets(&own));
    let bound = pause.is_some() && hwclock == Hwclock::Busybox;
    let target = if bound { BOUND } else { "" };
    row("from the event until it is verified", by, &found, target, bound.then_some(met));
    if hwclock == Hwclock::UtilLinux {
        besides(Way::Guard, &own);
    }
}

/// All guests stand still, are let go on at once, and are set at once.
fn at_once(what: &str, herd: &Herd, count: usize) {
    let ways = [Way::Now, Way::Kvmtime, Way::Guard];
    let mut all: Vec<AtOnce> = ways.iter().map(|_| AtOnce::default()).collect();
    let program = program();
    rounds(what, &ways, count, |index, way| {
        let keeper = (way == Way::Guard).then(|| Keeper::guard(herd, &program));
        if keeper.is_some() {
            // It looks at all of them when it begins.
            all_right(herd);
            thread::sleep(Duration::from_secs(3));
        }
        herd.domains().iter().for_each(Domain::suspend);
        thread::sleep(Duration::from_secs(3));
        all[index].note(way, herd);
        drop(keeper);
    });
    let by_hand = all[0].median();
    let found = format!("{}, unverified", ms(by_hand));
    row(what, "`virsh domtime --now`, in parallel", &found, "", None);
    for (way, many) in ways.iter().zip(&mut all).skip(1) {
        let name = if *way == Way::Kvmtime { "`kvmtime sync --all`" } else { way.name() };
        let (median, most) = (many.median(), many.times.iter().max().copied().unwrap());
        let ratio = median.as_secs_f64() / by_hand.as_secs_f64();
        let worst = many.worst;
        let found = format!(
            "{}, at most {}; {ratio:.2} × that; {} left; {} of {} set again",
            ms(median),
            ms(most),
            ms(worst),
            many.again,
            many.set,
        );
        let met = ratio <= 2.0 && most <= Duration::from_secs(5) && worst <= TOLERANCE;
        row(what, name, &found, "≤ 2 × that, ≤ 5 s, ≤ 10 ms left", Some(met));
    }
}

#[derive(Default)]
struct AtOnce {
    times: Vec<Duration>,
    worst: Duration,
    /// How many clocks were set, and how many of them more than once.
    set: usize,
    again: usize,
}

impl AtOnce {
    fn note(&mut self, way: Way, herd: &Herd) {
        let begun = now();
        let resume = |domain: &Domain| format!("resume {}", domain.name());
        let resume: Vec<String> = herd.domains().iter().map(resume).collect();
        herd.virsh(&[&resume.join("; ")]);
        let start = Instant::now();
        let commands: Vec<Command> = match way {
            Way::Guard => vec![],
            Way::Kvmtime => {
                let arguments = ["sync", "--all", "--history", &history(herd)];
                vec![herd.libvirt().command(program(), &arguments)]
            }
            _ => herd.domains().iter().map(|domain| way.command(herd, domain)).collect(),
        };
        let all: Vec<_> = commands
            .into_iter()
            .map(|mut command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
            .collect();
        let set = all.into_iter().filter_map(|mut child| child.wait().ok());
        let failed = set.filter(|status| !status.success()).count();
        assert_eq!(failed, 0, "{}", way.name());
        let mut time = start.elapsed();
        let mut own = vec![];
        if way == Way::Guard {
            all_right(herd);
            // It says so a moment later.
            thread::sleep(Duration::from_secs(3));
            own = corrections(herd, begun, "RESUMED");
            // From the first that it heard of to the last that it verified.
            let heard = own.iter().map(|one| span(one, "at") - span(one, "waited")).min();
            let verified = own.iter().map(|one| span(one, "at") + span(one, "took")).max();
            time = verified.unwrap() - heard.unwrap();
        } else if way == Way::Kvmtime {
            own = corrections(herd, begun, "sync");
        }
        self.times.push(time);
        self.set += own.len();
        self.again += own.iter().filter(|one| one["sets"].as_array().unwrap().len() > 1).count();
        let offsets = herd.domains().iter().map(|domain| domain.offset().least());
        self.worst = self.worst.max(offsets.max().unwrap());
    }

    fn median(&mut self) -> Duration {
        self.times.sort();
        share(&self.times, 50)
    }
}

/// Waits until all clocks are right.
fn all_right(herd: &Herd) {
    for domain in herd.domains() {
        let wrong = || {
            thread::sleep(Duration::from_millis(50));
            domain.offset().least() > TOLERANCE
        };
        assert!((0..1000).any(|_| !wrong()), "{} stays wrong", domain.name());
    }
}

#[test]
#[ignore = "run by cargo xtask bench sync"]
fn many_at_once() {
    let Some(herd) = need(Herd::start(number("BENCH_GUESTS", MANY))) else { return };
    println!();
    let what = format!("{} at once", herd.domains().len());
    at_once(&what, &herd, number("BENCH_ROUNDS", ROUNDS).div_ceil(2));
}

/// What a guard does by itself, one guest after the other.
#[test]
#[ignore = "run by cargo xtask bench sync"]
fn guarded_one_by_one() {
    let Some(herd) = need(Herd::start(GUESTS)) else { return };
    println!();
    let program = program();
    let _keeper = Keeper::guard(&herd, &program);
    all_right(&herd);
    let count = number("BENCH_ROUNDS", ROUNDS);
    let (pause, restore) =
        ("guarded, after a pause of 10 s", "guarded, after a restore, memory cold");
    guarded(pause, &herd, count, Some(PAUSE), Hwclock::Busybox);
    guarded(restore, &herd, count.div_ceil(2), None, Hwclock::Busybox);
}

/// The same where hwclock is what most distributions have.
#[test]
#[ignore = "run by cargo xtask bench sync"]
fn util_linux() {
    let Some(herd) = need(Herd::start(number("BENCH_GUESTS", MANY))) else { return };
    println!();
    herd.domains().iter().for_each(|domain| domain.hwclock(Hwclock::UtilLinux));
    let count = number("BENCH_ROUNDS", ROUNDS).div_ceil(5);
    let what = "util-linux, after a pause of 10 s";
    pauses(what, &herd, &[Way::ByHand, Way::Kvmtime], count, Hwclock::UtilLinux);
    at_once(&format!("util-linux, {} at once", herd.domains().len()), &herd, count);
    let program = program();
    let _keeper = Keeper::guard(&herd, &program);
    all_right(&herd);
    // No hwclock of that may still run when they are stopped.
    thread::sleep(PAUSE);
    let what = "util-linux, guarded, after a pause of 10 s";
    guarded(what, &herd, count, Some(PAUSE), Hwclock::UtilLinux);
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
    let before = keeper.usage().unwrap();
    let (start, progress) = (Instant::now(), Progress::new("idle, minutes", 5));
    for _ in 0..5 {
        thread::sleep(Duration::from_secs(60));
        progress.step();
    }
    let after = keeper.usage().unwrap();
    let time = start.elapsed();
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
