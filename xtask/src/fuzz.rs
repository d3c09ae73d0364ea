//! Runs every fuzz target for a while, from its seeds.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Run every fuzz target for a while, from its seeds
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u32,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let folder = crate::root().join("fuzz");
    let built = cargo_fuzz(&folder, "build").status().context("cargo fuzz does not run")?;
    ensure!(built.success(), "cargo fuzz build: {built}");
    for target in targets(&folder)? {
        let found = folder.join("corpus").join(&target);
        std::fs::create_dir_all(&found)?;
        println!("fuzzing {target} for {} s", args.seconds);
        let done = cargo_fuzz(&folder, "run")
            .arg(&target)
            .arg(&found)
            .arg(folder.join("seeds").join(&target))
            .args(["--", &format!("-max_total_time={}", args.seconds)])
            .output()?;
        // libFuzzer is talkative, and only worth reading when it found something.
        if !done.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&done.stderr));
            return Ok(false);
        }
    }
    Ok(true)
}

fn targets(folder: &Path) -> anyhow::Result<Vec<String>> {
    let listed = Command::new("cargo").args(["fuzz", "list"]).current_dir(folder).output()?;
    ensure!(
        listed.status.success(),
        "cargo fuzz list: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    Ok(String::from_utf8(listed.stdout)?.lines().map(str::to_owned).collect())
}

/// Coverage needs unstable options of the compiler, which a stable one takes this way.
fn cargo_fuzz(folder: &Path, verb: &str) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(folder).env("RUSTC_BOOTSTRAP", "1").args([
        "fuzz",
        verb,
        "--sanitizer",
        "none",
    ]);
    command
}
