//! Packages of PyPI, in an environment of their own that is kept between runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::lacking::{Lacking, program};

/// Installs these packages, and nothing that they ask for, and tells where their programs are.
pub(crate) fn packages(name: &str, packages: &[&str]) -> Result<PathBuf, Lacking> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let done = venv.join(packages.join("+"));
    if done.exists() {
        return Ok(venv.join("bin"));
    }
    let python = program("python3", "python3-venv")?;
    let attempt = |command: &mut Command, what: &str| {
        let output = command.stdin(Stdio::null()).output();
        let fine = output.as_ref().is_ok_and(|output| output.status.success());
        let why = || Lacking::Obtainable(format!("{what}: {output:?}"));
        fine.then_some(()).ok_or_else(why)
    };
    attempt(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv), "a Python venv")?;
    let mut pip = Command::new(venv.join("bin/pip"));
    attempt(pip.args(["install", "--quiet", "--no-deps"]).args(packages), "PyPI")?;
    std::fs::write(done, "").unwrap();
    Ok(venv.join("bin"))
}
