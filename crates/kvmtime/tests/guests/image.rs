//! What a guest boots: the kernel, and an initramfs of busybox, a few modules and the programs under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive::Archive;
use super::kernel::Kernel;
use crate::lacking::{Lacking, program};

/// Modules of the kernel that a guest loads, and what they need.
const MODULES: [&str; 6] = [
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/char/virtio_console.ko",
];

/// A kernel and an initramfs.
pub(crate) struct Image {
    kernel: Kernel,
    archive: Archive,
}

impl Image {
    /// A Linux with busybox and, where it is installed, the guest agent.
    pub(crate) fn linux() -> Result<Self, Lacking> {
        let busybox = program("busybox", "busybox-static")?;
        let mut image = Self { kernel: Kernel::find()?, archive: Archive::default() };
        image.archive.file("/init", include_bytes!("init"));
        image.archive.file("/bin/busybox", &fs::read(&busybox).unwrap());
        for folder in ["/proc", "/sys", "/dev", "/run", "/tmp", "/out"] {
            image.archive.folder(Some(Path::new(folder)));
        }
        image.modules(&busybox);
        image.archive.file("/etc/os-release", &fs::read("/etc/os-release").unwrap());
        if let Ok(agent) = program("qemu-ga", "qemu-guest-agent") {
            image = image.program(&agent);
        }
        Ok(image)
    }

    /// Adds a program, with the libraries that it is linked to, in `/bin`.
    #[must_use]
    pub(crate) fn program(mut self, path: &Path) -> Self {
        let name = path.file_name().unwrap().to_string_lossy();
        self.archive.file(&format!("/bin/{name}"), &stripped(path));
        let linked = Command::new("ldd").arg(path).output().unwrap();
        let listed = String::from_utf8_lossy(&linked.stdout).into_owned();
        for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
            self.archive.file(library, &fs::read(library).unwrap());
        }
        self
    }

    /// Adds what the guest does when it is ready: a shell script, run in a folder whose content [`Guest::results`] gives.
    /// The guest then switches itself off.
    ///
    /// [`Guest::results`]: super::Guest::results
    #[must_use]
    pub(crate) fn job(mut self, script: &str) -> Self {
        self.archive.file("/job", script.as_bytes());
        self
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
    fn modules(&mut self, busybox: &Path) {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let below = format!("lib/modules/{}", self.kernel.release);
        let folder = root.path().join(&below);
        for module in MODULES.map(|module| format!("kernel/{module}")) {
            let bytes = fs::read(self.kernel.modules().join(&module)).unwrap();
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
