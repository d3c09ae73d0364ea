//! Many running guests under a libvirt of the test's own: Linux with a guest agent, a clock that answers from outside and a
//! shell, all that happens to guests in one word each, and the truth about their clocks.
//!
//! One boots and is saved; the others are restored from what was saved, as that takes a third of the time that booting takes.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod domain;
mod shell;
mod truth;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

pub(crate) use domain::{Agent, Domain, GET, Hwclock};
pub(crate) use truth::{Offset, Truth};

use crate::guests::Image;
use crate::lacking::{Lacking, program};
use crate::libvirtd::Libvirtd;
use crate::ntp;

/// So many guests are restored at once.
const AT_ONCE: usize = 4;

/// Guests, which end with this value.
pub(crate) struct Herd {
    domains: Vec<Domain>,
    libvirt: Arc<Libvirtd>,
}

impl Herd {
    /// Starts so many guests, whose clocks may be some seconds behind.
    pub(crate) fn start(count: usize) -> Result<Self, Lacking> {
        Self::under(Libvirtd::start()?, count)
    }

    /// The same under a libvirt that runs already.
    pub(crate) fn under(libvirt: Libvirtd, count: usize) -> Result<Self, Lacking> {
        Self::of(&image()?, libvirt, count, 96)
    }

    /// The same with chronyd in each, which [`Domain::fights`] starts.
    pub(crate) fn with_chronyd(count: usize) -> Result<Self, Lacking> {
        let packages = ntp::packages()?;
        let mut image = image()?.file("/etc/passwd", USERS);
        image = image.packaged(&packages, "usr/sbin/chronyd")?;
        image = image.packaged(&packages, "usr/bin/chronyc")?;
        let conf = format!("makestep 0.1 -1\n{} offset 5\n", ntp::source(PORT).trim());
        image = image.file("/etc/chrony/chrony.conf", conf);
        let libvirt = Libvirtd::start()?;
        let conf = libvirt.write("chrony.conf", &ntp::conf(libvirt.folder(), PORT));
        let chronyd = packages.path("usr/sbin/chronyd");
        let chronyd = [chronyd.to_str().unwrap(), "-x", "-U", "-u", "root", "-f", &conf];
        libvirt.run("env", &[&[packages.libraries().as_str()], &chronyd[..]].concat());
        Self::of(&image, libvirt, count, 144)
    }

    /// What is unpacked is there twice, which is what needs most of the memory, MiB.
    fn of(image: &Image, libvirt: Libvirtd, count: usize, memory: u32) -> Result<Self, Lacking> {
        let libvirt = Arc::new(libvirt);
        fs::write(libvirt.folder().join("initramfs"), image.initramfs()).unwrap();
        let domains: Vec<Domain> = (0..count).map(|n| Domain::new(&libvirt, n)).collect();
        for domain in &domains {
            domain.define(&image.kernel(), memory)?;
        }
        let herd = Self { domains, libvirt };
        herd.multiply();
        Ok(herd)
    }

    /// The first boots, and all become what it is then.
    fn multiply(&self) {
        let [first, rest @ ..] = &self.domains[..] else { return };
        first.start();
        self.libvirt.wait_for(&first.console(), UP);
        if rest.is_empty() {
            return;
        }
        first.save();
        let share = self.domains.len().div_ceil(AT_ONCE);
        thread::scope(|scope| {
            for some in self.domains.chunks(share) {
                scope.spawn(move || {
                    for domain in some {
                        domain.become_like(first);
                        domain.restore();
                    }
                    some.iter().for_each(Domain::answers);
                });
            }
        });
    }

    /// The guests.
    pub(crate) fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// Their libvirt.
    pub(crate) fn libvirt(&self) -> &Arc<Libvirtd> {
        &self.libvirt
    }

    /// Runs virsh, which must succeed, and gives what it prints.
    pub(crate) fn virsh(&self, arguments: &[&str]) -> String {
        self.libvirt.run("virsh", arguments)
    }

    /// kvmtime where libvirt is, to be run.
    pub(crate) fn kvmtime(&self, arguments: &[&str]) -> Command {
        self.libvirt.command(crate::report::KVMTIME, arguments)
    }
}

/// Where the libvirt's host serves its time.
const PORT: u16 = 11123;
const USERS: &str = "root:x:0:0::/root:/bin/sh\n_chrony:x:101:101::/run:/bin/false\n";

/// How the console's line begins that says that all in a guest answers.
const UP: &str = "herd: up";

/// What they boot. Both hwclocks are there: busybox's is at `/sbin`.
fn image() -> Result<Image, Lacking> {
    let folder = tempfile::tempdir().unwrap();
    let (source, echo) = (folder.path().join("echo.c"), folder.path().join("echo-clocks"));
    fs::write(&source, include_str!("echo.c")).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-static", "-o"]).arg(&echo).arg(&source);
    if !cc.status().is_ok_and(|status| status.success()) {
        return Err(Lacking::Obtainable("cc with a static C library".to_owned()));
    }
    program("qemu-ga", "qemu-guest-agent")?;
    let hwclock = program("hwclock", "util-linux-extra")?;
    Ok(Image::linux()?.program(&echo)?.program(&hwclock)?.job(include_str!("job")))
}
