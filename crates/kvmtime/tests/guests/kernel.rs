//! Debian's cloud kernel, fetched once and kept below Cargo's target folder. It is never installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lacking::Lacking;

/// Depends on the current kernel of the distribution.
const CURRENT: &str = "linux-image-cloud-amd64";

/// An unpacked kernel.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// `uname -r`.
    pub(crate) release: String,
    root: PathBuf,
}

impl Kernel {
    /// The kernel that was fetched before, else the distribution's current one.
    pub(crate) fn find() -> Result<Self, Lacking> {
        if !cfg!(target_arch = "x86_64") {
            return Err(Lacking::Impossible("an x86_64 processor".to_owned()));
        }
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel");
        fs::create_dir_all(&cache).unwrap();
        // Tests run side by side, and one of them fetches.
        let lock = File::create(cache.join("lock")).unwrap();
        lock.lock().unwrap();
        let root = cache.join("root");
        if !root.exists() {
            fetch(&cache, &root)?;
        }
        let modules = fs::read_dir(root.join("lib/modules")).unwrap().next().unwrap().unwrap();
        Ok(Self { release: modules.file_name().into_string().unwrap(), root })
    }

    /// The kernel itself.
    pub(crate) fn image(&self) -> PathBuf {
        self.root.join(format!("boot/vmlinuz-{}", self.release))
    }

    /// The folder of its modules.
    pub(crate) fn modules(&self) -> PathBuf {
        self.root.join("lib/modules").join(&self.release)
    }
}

fn fetch(cache: &Path, root: &Path) -> Result<(), Lacking> {
    let here = tempfile::tempdir_in(cache).unwrap();
    let package = current()?;
    // As root apt would give its privileges away, and then may not write here.
    let mut apt = Command::new("apt-get");
    apt.args(["-o", "APT::Sandbox::User=root", "download", &package]).current_dir(&here);
    let fetched = apt.output().is_ok_and(|output| output.status.success());
    let file = fs::read_dir(&here).unwrap().next();
    let (true, Some(file)) = (fetched, file) else {
        return Err(Lacking::Obtainable(format!("the package {package}: apt-get does not get it")));
    };
    let unpacked = here.path().join("root");
    let mut dpkg = Command::new("dpkg");
    dpkg.arg("-x").arg(file.unwrap().path()).arg(&unpacked);
    assert!(dpkg.status().unwrap().success(), "{dpkg:?}");
    fs::rename(unpacked, root).unwrap();
    Ok(())
}

/// The package that the current kernel is in.
fn current() -> Result<String, Lacking> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !system.lines().any(|line| line == "ID=debian") {
        return Err(Lacking::Impossible("Debian's packages: guests are made of them".to_owned()));
    }
    let mut apt = Command::new("apt-cache");
    let shown = apt.args(["show", "--no-all-versions", CURRENT]).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let depends = text.lines().find_map(|line| line.strip_prefix("Depends: "));
    let names = depends.into_iter().flat_map(|line| line.split([' ', ',']));
    names.filter(|name| name.starts_with("linux-image-")).map(str::to_owned).next().ok_or_else(
        || Lacking::Obtainable(format!("the package {CURRENT} (apt-get update lists it)")),
    )
}
