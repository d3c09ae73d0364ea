//! A table that ignored tests print, row by row: guests are started by tests.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs tests of kvmtime that are ignored, one after the other, and prints each row as it comes; false if a target is missed or
/// something was lacking. What they say of how far they are goes to standard error.
pub(super) fn print(
    test: &str,
    only: Option<&str>,
    settings: &[(&str, String)],
) -> anyhow::Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Command::new(cargo)
        .current_dir(crate::root())
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .args(["test", "--release", "--quiet", "--package", "kvmtime", "--test", test])
        .args(["--", "--ignored", "--nocapture", "--test-threads=1", "--exact"])
        .args(only)
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo does not run")?;
    println!("| what | by | found | target | verdict |");
    println!("|---|---|---|---|---|");
    let (mut rows, mut met, mut said) = (0, true, String::new());
    for line in BufReader::new(tests.stdout.take().context("no output")?).lines() {
        let line = line?;
        if line.starts_with('|') {
            println!("{line}");
            rows += 1;
            met &= !line.ends_with("| not met |");
        }
        said.push_str(&line);
        said.push('\n');
    }
    ensure!(tests.wait()?.success(), "{said}");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("\n{}; load averages at the end {}", super::machine::line(), load.trim());
    Ok(rows > 0 && met)
}
