//! Packages of the distribution, fetched once and kept below Cargo's target folder. They are never installed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lacking::Lacking;

/// What some packages hold.
#[derive(Debug)]
pub(crate) struct Unpacked {
    root: PathBuf,
}

impl Unpacked {
    /// What was fetched before by this name, else the current versions of these packages.
    pub(crate) fn find(
        name: &str,
        packages: impl FnOnce() -> Result<Vec<String>, Lacking>,
    ) -> Result<Self, Lacking> {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&cache).unwrap();
        // Tests run side by side, and one of them fetches.
        let lock = File::create(cache.join("lock")).unwrap();
        lock.lock().unwrap();
        let root = cache.join("root");
        if !root.exists() {
            debian()?;
            fetch(&cache, &packages()?, &root)?;
        }
        Ok(Self { root })
    }

    /// What was unpacked in a folder otherwise.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a file of theirs lies.
    pub(crate) fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.root.join(file)
    }

    /// A program that finds their libraries.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("env");
        command.arg(self.libraries()).arg(program);
        command
    }

    /// Where their libraries lie, as env(1) sets it.
    pub(crate) fn libraries(&self) -> String {
        let folders = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
        let paths = std::env::join_paths(folders.map(|folder| self.path(folder))).unwrap();
        format!("LD_LIBRARY_PATH={}", paths.display())
    }
}

fn debian() -> Result<(), Lacking> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if system.lines().any(|line| line == "ID=debian") {
        return Ok(());
    }
    Err(Lacking::Impossible("Debian's packages: guests are made of them".to_owned()))
}

fn fetch(cache: &Path, packages: &[String], root: &Path) -> Result<(), Lacking> {
    let here = tempfile::tempdir_in(cache).unwrap();
    // As root apt would give its privileges away, and then may not write here.
    let mut apt = Command::new("apt-get");
    apt.args(["-o", "APT::Sandbox::User=root", "download"]).args(packages).current_dir(&here);
    if !apt.output().is_ok_and(|output| output.status.success()) {
        let names = packages.join(", ");
        return Err(Lacking::Obtainable(format!(
            "the packages {names}: apt-get does not get them"
        )));
    }
    let files: Vec<_> = fs::read_dir(&here).unwrap().map(|file| file.unwrap().path()).collect();
    let unpacked = here.path().join("root");
    for file in files {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("-x").arg(file).arg(&unpacked);
        assert!(dpkg.status().unwrap().success(), "{dpkg:?}");
    }
    fs::rename(unpacked, root).unwrap();
    Ok(())
}
