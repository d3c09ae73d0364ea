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
        program("qemu-ga", "qemu-guest-agent")?;
        let image = image()?;
        let libvirt = Arc::new(Libvirtd::start()?);
        fs::write(libvirt.folder().join("initramfs"), image.initramfs()).unwrap();
        let domains: Vec<Domain> = (0..count).map(|n| Domain::new(&libvirt, n)).collect();
        for domain in &domains {
            domain.define(&image.kernel())?;
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
    let hwclock = program("hwclock", "util-linux")?;
    Ok(Image::linux()?.program(&echo)?.program(&hwclock)?.job(include_str!("job")))
}
