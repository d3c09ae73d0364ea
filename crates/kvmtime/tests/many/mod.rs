//! Domains by the hundred that run, of libvirt's driver for tests in a real libvirtd: over its socket they are domains like
//! others, but that their agents cannot be asked.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::guests::lines;
use crate::lacking::Lacking;
use crate::libvirtd::Libvirtd;

/// A thousand domains are made in seconds; busy CPUs take longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Domains, which end with this value.
pub(crate) struct Many {
    count: usize,
    /// They live as long as it has its connection.
    virsh: Child,
    told: ChildStdin,
    said: Receiver<String>,
    libvirt: Libvirtd,
}

impl Many {
    /// Starts so many.
    pub(crate) fn start(count: usize) -> Result<Self, Lacking> {
        let libvirt = Libvirtd::start()?;
        let script = format!("exec virsh --quiet --connect '{INSIDE}' 2>&1");
        let mut virsh = libvirt.command("sh", &["-c", &script]);
        let mut virsh = virsh.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (told, said) = (virsh.stdin.take().unwrap(), lines(virsh.stdout.take().unwrap()));
        let many = Self { count, virsh, told, said, libvirt };
        many.tell("destroy test\nundefine test\n");
        many.create();
        Ok(many)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// How they are reached from out here.
    pub(crate) fn uri(&self) -> String {
        self.libvirt.uri().replace("qemu+unix:///system", &format!("{SCHEME}///default"))
    }

    /// Their libvirt.
    pub(crate) fn libvirt(&self) -> &Libvirtd {
        &self.libvirt
    }

    /// Makes them anew, each with another UUID.
    pub(crate) fn create(&self) {
        let create = |n| {
            let xml = format!(
                "<domain type='test'><name>guest{n}</name><memory unit='MiB'>1</memory><os><type>hvm</type></os></domain>"
            );
            format!("create {}\n", self.libvirt.write(&format!("{n}.xml"), &xml))
        };
        let all: String = (0..self.count).map(create).collect();
        self.tell(&all);
    }

    /// Has virsh do this with each of them, one after the other.
    pub(crate) fn each(&self, command: &str) {
        let all: String = (0..self.count).map(|n| format!("{command} guest{n}\n")).collect();
        self.tell(&all);
    }

    fn tell(&self, commands: &str) {
        // It says where it is connected to when all before that is done.
        (&self.told).write_all(format!("{commands}uri\n").as_bytes()).unwrap();
        loop {
            let line = self.said.recv_timeout(PATIENCE).unwrap();
            assert!(!line.starts_with("error:"), "{line}");
            if line.contains(SCHEME) {
                return;
            }
        }
    }
}

impl Drop for Many {
    fn drop(&mut self) {
        let _ = self.virsh.kill();
        let _ = self.virsh.wait();
    }
}

const SCHEME: &str = "test+unix:";
/// How they are reached in there.
pub(crate) const INSIDE: &str = "test+unix:///default?socket=/run/libvirt/libvirt-sock";
