//! A table that ignored tests print, row by row: guests are started by tests.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs tests of kvmtime that are ignored, one after the other; false if a target is missed or something was lacking.
pub(super) fn print(
    test: &str,
    only: Option<&str>,
    settings: &[(&str, String)],
) -> anyhow::Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .current_dir(crate::root())
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .args(["test", "--release", "--quiet", "--package", "kvmtime", "--test", test])
        .args(["--", "--ignored", "--nocapture", "--test-threads=1", "--exact"])
        .args(only)
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
