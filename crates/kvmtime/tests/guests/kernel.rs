//! Debian's cloud kernel.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::package::Unpacked;
use crate::lacking::Lacking;

/// Depends on the current kernel of the distribution.
const CURRENT: &str = "linux-image-cloud-amd64";

/// An unpacked kernel.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// `uname -r`.
    pub(crate) release: String,
    package: Unpacked,
}

impl Kernel {
    /// The kernel that was fetched before, else the distribution's current one.
    pub(crate) fn find() -> Result<Self, Lacking> {
        if !cfg!(target_arch = "x86_64") {
            return Err(Lacking::Impossible("an x86_64 processor".to_owned()));
        }
        let package = Unpacked::find("kernel", || Ok(vec![current()?]))?;
        let modules = fs::read_dir(package.path("lib/modules")).unwrap().next().unwrap().unwrap();
        Ok(Self { release: modules.file_name().into_string().unwrap(), package })
    }

    /// The kernel itself.
    pub(crate) fn image(&self) -> PathBuf {
        self.package.path(format!("boot/vmlinuz-{}", self.release))
    }

    /// The folder of its modules.
    pub(crate) fn modules(&self) -> PathBuf {
        self.package.path("lib/modules").join(&self.release)
    }
}

/// The package that the current kernel is in.
fn current() -> Result<String, Lacking> {
    let mut apt = Command::new("apt-cache");
    let shown = apt.args(["show", "--no-all-versions", CURRENT]).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let depends = text.lines().find_map(|line| line.strip_prefix("Depends: "));
    let names = depends.into_iter().flat_map(|line| line.split([' ', ',']));
    names.filter(|name| name.starts_with("linux-image-")).map(str::to_owned).next().ok_or_else(
        || Lacking::Obtainable(format!("the package {CURRENT} (apt-get update lists it)")),
    )
}
