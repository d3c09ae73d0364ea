//! One run of a program: how long it took, and the most memory it held.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// A program and its arguments.
pub(super) struct Program {
    arguments: Vec<OsString>,
}

/// What one run took.
pub(super) struct Run {
    /// From before the start until the end was known.
    pub(super) wall: Duration,
    /// The most that was resident. Linux counts what the child shares with xtask before it becomes the program, so this
    /// is never less than xtask's own few MiB.
    pub(super) peak_kib: u64,
}

impl Program {
    pub(super) fn new<T: Into<OsString>>(arguments: impl IntoIterator<Item = T>) -> Self {
        Self { arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// Runs it; what it prints is read and thrown away. Findings, as exit status 1, are no failure.
    pub(super) fn run(&self) -> anyhow::Result<Run> {
        let name = self.arguments[0].display();
        let start = Instant::now();
        let mut child = Command::new(&self.arguments[0])
            .args(&self.arguments[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        if let Some(mut output) = child.stdout.take() {
            drain(&mut output)?;
        }
        let ended = kvmtime_sys::process::wait(child.id())?;
        let wall = start.elapsed();
        ensure!(matches!(ended.status, Some(0 | 1)), "{name} failed: run it by hand to see why");
        Ok(Run { wall, peak_kib: ended.peak_kib })
    }
}

fn drain(output: &mut impl Read) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    while output.read(&mut buffer)? > 0 {}
    Ok(())
}

/// Builds the release of kvmtime with the cargo that runs xtask, and says where it is: beside xtask's own folder.
pub(super) fn kvmtime() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(crate::root()).args(["build", "--release", "--package", "kvmtime"]);
    ensure!(build.status()?.success(), "kvmtime does not build");
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).context("xtask lies in no target folder")?;
    Ok(target.join("release/kvmtime"))
}
