//! `cargo xtask bench measure`: the guests of the tests, whose clocks are known, and the table of what was found.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// What can be measured alone.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Part {
    /// Coverage of the bounds and error of the drift, a quarter of an hour
    Drift,
    /// Drift by the RTC alone, a quarter of an hour
    Rtc,
    /// Steps: whether they are found, how well their size is known, and how soon
    Steps,
    /// Pauses and their kinds, a quarter of an hour
    Pauses,
    /// CPU time of `--events`
    Cost,
    /// The agent by libvirt against a loop of virsh
    Agent,
}

impl Part {
    /// The test that prints its rows.
    fn test(self) -> &'static str {
        match self {
            Self::Drift => "coverage_and_drift",
            Self::Rtc => "drift_by_the_rtc",
            Self::Steps => "steps",
            Self::Pauses => "pauses",
            Self::Cost => "cost",
            Self::Agent => "the_agent_by_libvirt",
        }
    }
}

/// Runs the tests that print the table, one after the other; false if a target is missed or something was lacking.
pub(super) fn run(part: Option<Part>) -> anyhow::Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .current_dir(crate::root())
        .args(["test", "--release", "--quiet", "--package", "kvmtime", "--test", "bench_measure"])
        .args(["--", "--ignored", "--nocapture", "--test-threads=1", "--exact"])
        .args(part.map(Part::test))
        .stderr(Stdio::inherit())
        .output()
        .context("cargo does not run")?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    ensure!(done.status.success(), "{said}");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{}; load averages at the end {}\n", super::machine::line(), load.trim());
    println!("| what | by | found | target | verdict |");
    println!("|---|---|---|---|---|");
    let rows: Vec<&str> = said.lines().filter(|line| line.starts_with('|')).collect();
    rows.iter().for_each(|row| println!("{row}"));
    Ok(!rows.is_empty() && !rows.iter().any(|row| row.ends_with("| not met |")))
}
