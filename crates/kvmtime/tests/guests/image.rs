//! What a guest boots: the kernel, and an initramfs of busybox, a few modules and the programs under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive::Archive;
use super::kernel::Kernel;
use super::package::Unpacked;
use crate::lacking::{Lacking, program};

/// Modules of the kernel that a guest loads, and what they need.
const MODULES: [&str; 9] = [
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/char/virtio_console.ko",
    "net/core/failover.ko",
    "drivers/net/net_failover.ko",
    "drivers/net/virtio_net.ko",
];

/// The driver of a network card with a clock, and what it needs.
pub(crate) const IGB: [&str; 3] = [
    "drivers/dca/dca.ko",
    "drivers/i2c/algos/i2c-algo-bit.ko",
    "drivers/net/ethernet/intel/igb/igb.ko",
];
/// Another one's.
pub(crate) const E1000E: &str = "drivers/net/ethernet/intel/e1000e/e1000e.ko";

/// Where the loader looks for a library without being told.
const LIBRARIES: &str = "/lib";

/// A kernel and an initramfs.
pub(crate) struct Image {
    kernel: Kernel,
    archive: Archive,
}

impl Image {
    /// A Linux with busybox and, where it is installed, the guest agent.
    pub(crate) fn linux() -> Result<Self, Lacking> {
        Self::on(Kernel::cloud()?, &[])
    }

    /// The same with another kernel, and more modules of it that modprobe finds.
    pub(crate) fn on(kernel: Kernel, modules: &[&str]) -> Result<Self, Lacking> {
        let busybox = program("busybox", "busybox-static")?;
        let mut image = Self { kernel, archive: Archive::default() };
        image.archive.file("/init", include_bytes!("init"));
        image.archive.file("/bin/busybox", &fs::read(&busybox).unwrap());
        for folder in ["/proc", "/sys", "/dev", "/run", "/tmp", "/out"] {
            image.archive.folder(Some(Path::new(folder)));
        }
        image.modules(&busybox, modules);
        image.archive.file("/etc/os-release", &fs::read("/etc/os-release").unwrap());
        if let Ok(agent) = program("qemu-ga", "qemu-guest-agent") {
            image = image.program(&agent)?;
        }
        Ok(image)
    }

    /// Adds a program, with the libraries that it is linked to, in `/bin`.
    pub(crate) fn program(self, path: &Path) -> Result<Self, Lacking> {
        self.linked(path, Command::new("ldd"))
    }

    /// Adds a module of the kernel at `/modules`, by its path among them and without what it needs.
    #[must_use]
    pub(crate) fn module(self, path: &str) -> Self {
        let bytes = self.kernel.module(&format!("kernel/{path}")).unwrap();
        let name = path.rsplit('/').next().unwrap();
        self.file(&format!("/modules/{name}"), bytes)
    }

    /// Adds a program of packages that are not installed.
    pub(crate) fn packaged(self, packages: &Unpacked, program: &str) -> Result<Self, Lacking> {
        self.linked(&packages.path(program), packages.command("ldd"))
    }

    /// Adds a file.
    #[must_use]
    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.archive.file(path, content.as_ref());
        self
    }

    fn linked(mut self, path: &Path, mut ldd: Command) -> Result<Self, Lacking> {
        let name = path.file_name().unwrap().to_string_lossy();
        let linked = ldd.arg(path).output().unwrap();
        for line in String::from_utf8_lossy(&linked.stdout).lines() {
            // A name that leads to a file, or the loader; not what the kernel maps.
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                [library, "=>", "not", ..] => {
                    return Err(Lacking::Obtainable(format!("{library}, which {name} wants")));
                }
                [library, "=>", file, ..] => {
                    self.archive.file(&format!("{LIBRARIES}/{library}"), &fs::read(file).unwrap());
                }
                [loader, ..] if loader.starts_with('/') => {
                    self.archive.file(loader, &fs::read(loader).unwrap());
                }
                _ => {}
            }
        }
        self.archive.file(&format!("/bin/{name}"), &stripped(path));
        Ok(self)
    }

    /// Adds what the guest does when it is ready: a shell script, run in a folder whose content [`Guest::results`] gives.
    /// The guest then switches itself off.
    ///
    /// [`Guest::results`]: super::Guest::results
    #[must_use]
    pub(crate) fn job(self, script: &str) -> Self {
        self.file("/job", script)
    }

    /// The kernel.
    pub(crate) fn kernel(&self) -> PathBuf {
        self.kernel.image()
    }

    /// The initramfs.
    pub(crate) fn initramfs(&self) -> Vec<u8> {
        self.archive.clone().finish()
    }

    /// The modules, with the index that modprobe wants.
    fn modules(&mut self, busybox: &Path, more: &[&str]) {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let below = format!("lib/modules/{}", self.kernel.release);
        let folder = root.path().join(&below);
        for module in MODULES.iter().chain(more).map(|module| format!("kernel/{module}")) {
            let Some(bytes) = self.kernel.module(&module) else { continue };
            self.archive.file(&format!("/{below}/{module}"), &bytes);
            fs::create_dir_all(folder.join(&module).parent().unwrap()).unwrap();
            fs::write(folder.join(&module), bytes).unwrap();
        }
        let mut depmod = Command::new(busybox);
        depmod.args(["depmod", "-b"]).arg(root.path()).arg(&self.kernel.release);
        assert!(depmod.status().unwrap().success(), "{depmod:?}");
        let index = fs::read(folder.join("modules.dep")).unwrap();
        self.archive.file(&format!("/{below}/modules.dep"), &index);
    }
}

/// A program without what only a debugger reads, which is most of one that is built for tests.
fn stripped(path: &Path) -> Vec<u8> {
    let smaller = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let done = Command::new("strip").arg("-o").arg(smaller.path()).arg(path).status();
    let small = done.is_ok_and(|status| status.success());
    fs::read(if small { smaller.path() } else { path }).unwrap()
}
