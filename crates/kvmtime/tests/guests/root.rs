//! A whole Debian with systemd, in memory: for machines that must be as they are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::archive::Archive;
use super::guest::{Guest, RESULTS};
use crate::lacking::{Lacking, program};

/// Everything it takes to boot, and a network.
const PACKAGES: &str = "systemd-sysv,udev,iproute2,kmod,qemu-guest-agent,dbus";

/// Brings the network up, which QEMU knows as 10.0.2.15 with the host at 10.0.2.2. Below /usr, as a distribution's own units.
const NETWORK: &str = "\
[Unit]
DefaultDependencies=no
Wants=systemd-udev-settle.service
After=systemd-udev-settle.service
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip link set lo up; ip address add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2'
";
const JOB: &str = "\
[Unit]
After=multi-user.target
[Service]
Type=idle
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
ExecStart=/bin/sh -c 'cd /out && sh /job; stty -F /dev/ttyS1 raw; tar c -C /out . | cat >/dev/ttyS1; poweroff -f'
";

/// The same where the packages are only unpacked, so that systemd has nothing to start.
const UNINSTALLED: &str = "\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
exec </dev/console >/dev/console 2>&1
echo host >/proc/sys/kernel/hostname
modprobe virtio_net
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
(cd /out && sh /job)
stty -F /dev/ttyS0 raw
tar c -C /out . | cat >/dev/ttyS0
echo o >/proc/sysrq-trigger
sleep 60
";

/// Its kernel and a little of systemd take minutes on busy CPUs.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A Debian that was installed into a folder, and what is put on top of it.
pub(crate) struct Root {
    folder: PathBuf,
    aarch64: bool,
    top: Archive,
}

impl Root {
    /// A release of Debian with these packages and this kernel; it is kept for the next time.
    pub(crate) fn debian(
        name: &str,
        suite: &str,
        arch: &str,
        kernel: &str,
        packages: &[&str],
    ) -> Result<Self, Lacking> {
        for (command, package) in
            [("mmdebstrap", "mmdebstrap"), ("cpio", "cpio"), ("depmod", "kmod")]
        {
            program(command, package)?;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roots").join(name);
        if !folder.exists() {
            let packages = [PACKAGES].iter().chain(packages).copied().collect::<Vec<_>>().join(",");
            make(&folder, &[suite, arch, kernel, &packages])?;
        }
        let mut root = Self { folder, aarch64: arch == "arm64", top: Archive::default() };
        root.top.folder(Some(Path::new("/out")));
        if root.aarch64 {
            root.top.file("/init", UNINSTALLED.as_bytes());
        } else {
            root.installed();
        }
        root =
            root.file("/etc/hostname", "host\n").file("/etc/hosts", "127.0.0.1 localhost host\n");
        Ok(root)
    }

    /// systemd boots it, and a unit of ours does the job.
    fn installed(&mut self) {
        self.top.link("/init", "/lib/systemd/systemd");
        for (unit, text) in [("network", NETWORK), ("job", JOB)] {
            let units = "/usr/lib/systemd/system";
            self.top.file(&format!("{units}/the-{unit}.service"), text.as_bytes());
            let wanted = format!("{units}/multi-user.target.wants/the-{unit}.service");
            self.top.link(&wanted, &format!("../the-{unit}.service"));
        }
    }

    /// Packages in a folder that is no system.
    pub(crate) fn unpacked(name: &str, suite: &str, packages: &str) -> Result<PathBuf, Lacking> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roots").join(name);
        if !folder.exists() {
            make(&folder, &[suite, "amd64", "", packages])?;
        }
        Ok(folder)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a file there, instead of the one that may be there.
    #[must_use]
    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.top.file(path, content.as_ref());
        self
    }

    /// The QEMU of this machine for it.
    pub(crate) fn qemu(&self) -> Result<Command, Lacking> {
        if self.aarch64 {
            let mut qemu = Command::new(program("qemu-system-aarch64", "qemu-system-arm")?);
            qemu.args([
                "-M",
                "virt",
                "-m",
                "2048",
                "-cpu",
                "cortex-a57",
                "-serial",
                "stdio",
                "-chardev",
            ]);
            qemu.args([
                &RESULTS.replace(':', ",id=results,path="),
                "-device",
                "pci-serial,chardev=results",
            ]);
            return Ok(qemu);
        }
        let mut qemu = Command::new(program("qemu-system-x86_64", "qemu-system-x86")?);
        qemu.args(["-m", "2048", "-serial", "stdio", "-serial", RESULTS]);
        Ok(qemu)
    }

    /// Boots it. `/job` is done as the last of all, in the folder that the results are taken from.
    pub(crate) fn boot(&self, mut qemu: Command, cmdline: &str) -> Guest {
        qemu.args(["-nic", "user,model=virtio-net-pci"]);
        let console = if self.aarch64 { "ttyAMA0" } else { "ttyS0" };
        let cmdline = format!("console={console} quiet panic=-1 net.ifnames=0 {cmdline}");
        let release = fs::read_dir(self.folder.join("lib/modules")).unwrap().next().unwrap();
        let release = release.unwrap().file_name().into_string().unwrap();
        let places = [format!("boot/vmlinuz-{release}"), format!("lib/modules/{release}/vmlinuz")];
        let mut kernels = places.iter().map(|place| self.folder.join(place));
        let kernel = kernels.find(|kernel| kernel.exists()).expect("a kernel");
        Guest::boot(qemu, &kernel, &self.initramfs(), &cmdline, PATIENCE)
    }

    /// All of it but the kernel, with the rest behind it: the kernel unpacks one archive after the other.
    fn initramfs(&self) -> Vec<u8> {
        let mut archive = Command::new("sh");
        archive.args(["-c", "find . -path ./boot -prune -o -print | cpio --quiet -o -H newc"]);
        let archive = archive.current_dir(&self.folder).stderr(Stdio::inherit()).output().unwrap();
        assert!(archive.status.success());
        [archive.stdout, self.top.clone().finish()].concat()
    }
}

fn make(folder: &Path, words: &[&str]) -> Result<(), Lacking> {
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    let new = folder.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    let mut made = Command::new("sh");
    made.args(["-c", include_str!("root"), "root"]).arg(&new).args(words);
    if !made.status().unwrap().success() {
        return Err(Lacking::Obtainable(format!("Debian's packages: {}", words.join(" "))));
    }
    fs::rename(new, folder).unwrap();
    Ok(())
}
