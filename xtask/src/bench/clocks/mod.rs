//! `cargo xtask bench clocks`: what `kvmtime bench` says of a read, against others who time it, on a quiet and on a busy machine.

mod selftests;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use kvmtime_core::bench::{Bench, Path as By};

use super::contest::{Verdict, median};
use super::program;

const ROUNDS: usize = 7;
/// Programs that do nothing but keep processors busy.
const BUSY: usize = 4;

/// What kvmtime's figure may differ from the loop's by, and from its own under load.
const FROM_LOOP: f64 = 0.03;
const UNDER_LOAD: f64 = 0.05;
/// The whole table of all clocksources, seconds.
const MOST_S: f64 = 10.0;

/// Who times a read: each gives nanoseconds.
type Timer<'a> = (&'a str, &'a dyn Fn() -> anyhow::Result<f64>);

pub(super) fn run() -> anyhow::Result<bool> {
    let kvmtime = program::kvmtime()?;
    let folder = tempfile::tempdir()?;
    let plain = compile(folder.path())?;
    println!("{}\n", super::machine::line());
    let ours = || cost(&kvmtime);
    let plain = || number(&printed(Command::new(&plain))?);
    let timers: [Timer; 3] = [("kvmtime", &ours), ("C loop", &plain), ("stress-ng", &stress_ng)];
    println!("| a read of CLOCK_MONOTONIC | idle, ns | 4 busy processes, ns | moved by |");
    println!("|---|---:|---:|---:|");
    let mut verdicts = Vec::new();
    let rounds = rounds(&timers)?;
    for ((name, _), [idle, busy]) in timers.iter().zip(&rounds) {
        let moved = moved(idle, busy);
        println!(
            "| {name} | {:.2} | {:.2} | {:+.1} % |",
            median(idle.iter().copied()),
            median(busy.iter().copied()),
            moved * 100.0
        );
    }
    println!("\n| what | measured | target | verdict |\n|---|---:|---:|---|");
    let off = moved(&rounds[1][0], &rounds[0][0]);
    let row = |what: &str, measured: String, target: String, met: bool| {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        println!("| {what} | {measured} | ≤ {target} | {} |", verdict.word());
        verdict
    };
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    verdicts.push(row("off the C loop", percent(off), percent(FROM_LOOP), off.abs() <= FROM_LOOP));
    let load = moved(&rounds[0][0], &rounds[0][1]);
    let calm = load.abs() <= UNDER_LOAD;
    verdicts.push(row("moved by 4 busy processes", percent(load), percent(UNDER_LOAD), calm));
    let table = timed(|| kvmtime_bench(&kvmtime, &["--switch"]).map(|_| ()))?;
    let took = format!("{table:.1} s");
    verdicts.push(row("whole table of all clocksources", took, "10 s".to_owned(), table <= MOST_S));
    peers(table)?;
    Ok(!verdicts.contains(&Verdict::Missed))
}

/// The others' figures for a single function and clocksource, and how long they take for them.
fn peers(table: f64) -> anyhow::Result<()> {
    println!("\n| peer | what it gives | time | over kvmtime's whole table |\n|---|---|---:|---:|");
    let kernel = selftests::run()?;
    let all: f64 = kernel.iter().map(|test| test.seconds).sum();
    let sysbench = timed(|| printed(command("sysbench", &["cpu", "run"])).map(|_| ()))?;
    let stress = timed(|| stress_ng().map(|_| ()))?;
    let rows = [
        ("`sysbench cpu run` with two clocksources", "two scores", 2.0 * sysbench),
        ("`stress-ng --vdso` with two clocksources", "two costs", 2.0 * stress),
        (
            "the kernel's safe selftests with two clocksources",
            "two times passed or failed",
            2.0 * all,
        ),
    ];
    for (what, gives, time) in rows {
        println!("| {what} | {gives} | {time:.1} s | {:.1} |", time / table);
    }
    println!("\n| selftest | ended | time |\n|---|---|---:|");
    for selftests::Ran { name, passed, seconds } in kernel {
        println!("| `{name}` | {} | {seconds:.1} s |", if passed { "passed" } else { "failed" });
    }
    Ok(())
}

/// All of them idle and busy, in turns.
fn rounds(timers: &[Timer]) -> anyhow::Result<Vec<[Vec<f64>; 2]>> {
    let mut all: Vec<[Vec<f64>; 2]> = timers.iter().map(|_| Default::default()).collect();
    for _ in 0..ROUNDS {
        for busy in [false, true] {
            let load = Load::of(if busy { BUSY } else { 0 })?;
            for ((_, time), all) in timers.iter().zip(&mut all) {
                all[usize::from(busy)].push(time()?);
            }
            drop(load);
        }
    }
    Ok(all)
}

/// By how much the second is more than the first.
fn moved(first: &[f64], second: &[f64]) -> f64 {
    median(second.iter().zip(first).map(|(second, first)| second / first)) - 1.0
}

fn cost(kvmtime: &Path) -> anyhow::Result<f64> {
    let bench = kvmtime_bench(kvmtime, &["--rounds", "4"])?;
    let table = bench.table(&bench.machine.clocksource).context("no table")?;
    Ok(table.cost("MONOTONIC", By::Library).context("no CLOCK_MONOTONIC")?.ns.p50)
}

fn kvmtime_bench(kvmtime: &Path, options: &[&str]) -> anyhow::Result<Bench> {
    let mut command = Command::new(kvmtime);
    command.args(["bench", "--format", "json"]).args(options);
    Ok(serde_json::from_str(&printed(command)?)?)
}

fn compile(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, made) = (folder.join("loop.c"), folder.join("loop"));
    std::fs::write(&source, include_str!("loop.c"))?;
    let done = Command::new("cc").args(["-O2", "-o"]).arg(&made).arg(&source).status();
    ensure!(done.context("cannot run cc")?.success(), "cc does not compile the loop");
    Ok(made)
}

/// `metrc: [29933] vdso  20.51 nanosecs per call (excluding test overhead)`; older ones say `nanoseconds`.
fn stress_ng() -> anyhow::Result<f64> {
    let options = ["--vdso", "1", "--vdso-func", "clock_gettime", "-t", "1", "--metrics-brief"];
    let text = printed(command("stress-ng", &options))?;
    let line = text.lines().find(|line| line.contains(" per call")).context("no cost in it")?;
    let before = line.split(" nanosec").next().unwrap_or_default();
    number(before.split_whitespace().next_back().unwrap_or_default())
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// What a program prints, on either output.
fn printed(mut command: Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.with_context(|| format!("cannot run {name} (Debian has a package of it)"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{name} failed: {said}");
    // stress-ng tells everything on standard error.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(if text.is_empty() { said } else { text })
}

fn number(text: &str) -> anyhow::Result<f64> {
    text.trim().parse().with_context(|| format!("{text} is no number"))
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

/// Busy programs, which end with this value.
struct Load(Vec<Child>);

impl Load {
    fn of(count: usize) -> anyhow::Result<Self> {
        let mut load = Self(Vec::new());
        for _ in 0..count {
            load.0.push(command("sh", &["-c", "while :; do :; done"]).spawn()?);
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
