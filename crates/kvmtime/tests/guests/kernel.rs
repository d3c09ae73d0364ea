//! Debian's kernels.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::package::Unpacked;
use crate::lacking::Lacking;

/// Each depends on the current kernel of the distribution: that for clouds, and that with drivers for all devices.
const CLOUD: &str = "linux-image-cloud-amd64";
const WHOLE: &str = "linux-image-amd64";

/// An unpacked kernel.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// `uname -r`.
    pub(crate) release: String,
    package: Unpacked,
}

impl Kernel {
    /// The kernel that was fetched before, else the distribution's current one for clouds.
    pub(crate) fn cloud() -> Result<Self, Lacking> {
        Self::of(Unpacked::find("kernel", || Ok(vec![current(CLOUD)?]))?)
    }

    /// The same with drivers for all devices.
    pub(crate) fn whole() -> Result<Self, Lacking> {
        Self::of(Unpacked::find("kernel-whole", || Ok(vec![current(WHOLE)?]))?)
    }

    /// The only kernel of some packages.
    pub(crate) fn of(package: Unpacked) -> Result<Self, Lacking> {
        if !cfg!(target_arch = "x86_64") {
            return Err(Lacking::Impossible("an x86_64 processor".to_owned()));
        }
        let modules = fs::read_dir(package.path("lib/modules")).unwrap().next().unwrap().unwrap();
        Ok(Self { release: modules.file_name().into_string().unwrap(), package })
    }

    /// The kernel itself.
    pub(crate) fn image(&self) -> PathBuf {
        let release = &self.release;
        let places = [format!("boot/vmlinuz-{release}"), format!("lib/modules/{release}/vmlinuz")];
        places.map(|place| self.package.path(place)).into_iter().find(|path| path.exists()).unwrap()
    }

    /// A module by its path; nothing where it is built in.
    pub(crate) fn module(&self, path: &str) -> Option<Vec<u8>> {
        let modules = self.package.path("lib/modules").join(&self.release);
        let builtin = fs::read_to_string(modules.join("modules.builtin")).unwrap();
        if builtin.lines().any(|module| module == path) {
            return None;
        }
        if let Ok(bytes) = fs::read(modules.join(path)) {
            return Some(bytes);
        }
        let mut xz = Command::new("xz");
        let output = xz.args(["-dc"]).arg(modules.join(format!("{path}.xz"))).output().unwrap();
        assert!(output.status.success(), "{xz:?}");
        Some(output.stdout)
    }
}

/// The package that this one depends on.
fn current(package: &str) -> Result<String, Lacking> {
    let mut apt = Command::new("apt-cache");
    let shown = apt.args(["show", "--no-all-versions", package]).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let depends = text.lines().find_map(|line| line.strip_prefix("Depends: "));
    let names = depends.into_iter().flat_map(|line| line.split([' ', ',']));
    names.filter(|name| name.starts_with("linux-image-")).map(str::to_owned).next().ok_or_else(
        || Lacking::Obtainable(format!("the package {package} (apt-get update lists it)")),
    )
}
