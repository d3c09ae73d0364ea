//! One guest: what can happen to it, and what can be asked of it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::UP;
use super::shell::Shell;
use super::truth::{Offset, Truth};
use crate::lacking::{Lacking, program};
use crate::libvirtd::Libvirtd;

/// How often a clock is read to be read well.
const READINGS: usize = 5;

/// Busy CPUs take their time.
const PATIENCE: Duration = Duration::from_secs(120);

/// The question for the time.
pub(crate) const GET: &str = r#"{"execute":"guest-get-time"}"#;

/// Which hwclock a guest has; the agent sets no time without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hwclock {
    Busybox,
    /// It waits for the RTC's next second, and then for a half one.
    UtilLinux,
    Fails,
    None,
}

/// What a guest's agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agent {
    Well,
    /// Its process is stopped.
    Stopped,
    /// There is none.
    Gone,
    /// To each line it says half of an answer.
    Hangs,
    /// It says anything, all the time.
    Garbage,
}

/// A guest.
pub(crate) struct Domain {
    name: String,
    uuid: String,
    folder: Mutex<String>,
    libvirt: Mutex<Arc<Libvirtd>>,
    truth: Mutex<Option<Truth>>,
    shell: Mutex<Option<Shell>>,
}

impl Domain {
    pub(super) fn new(libvirt: &Arc<Libvirtd>, number: usize) -> Self {
        Self {
            // Of one length: see `become_like`.
            name: format!("herd-{number:04}"),
            uuid: format!("6b766d74-696d-4e65-8000-{number:012}"),
            folder: Mutex::new(libvirt.folder().to_str().unwrap().to_owned()),
            libvirt: Mutex::new(Arc::clone(libvirt)),
            truth: Mutex::default(),
            shell: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The libvirt that it is at.
    pub(crate) fn libvirt(&self) -> Arc<Libvirtd> {
        Arc::clone(&self.libvirt.lock().unwrap())
    }

    /// The file that its console is written to.
    pub(crate) fn console(&self) -> String {
        self.file("console")
    }

    pub(super) fn define(&self, kernel: &Path, memory: u32) -> Result<(), Lacking> {
        // Something for snapshots to be in.
        let mut disk = Command::new(program("qemu-img", "qemu-utils")?);
        disk.args(["create", "-q", "-f", "qcow2", &self.file("disk"), "1M"]);
        assert!(disk.status().unwrap().success());
        let xml = include_str!("domain.xml")
            .replace("@NAME@", &self.name)
            .replace("@UUID@", &self.uuid)
            .replace("@MEMORY@", &memory.to_string())
            .replace("@FOLDER@", &self.folder.lock().unwrap())
            .replace("@KERNEL@", kernel.to_str().unwrap());
        self.libvirt().define(&xml);
        Ok(())
    }

    /// Takes over what another domain saved. What they are called stands in front of QEMU's part of the file
    /// (`virQEMUSaveHeader` of libvirt) and is of one length.
    pub(super) fn become_like(&self, other: &Self) {
        if self.name == other.name {
            return;
        }
        let mut saved = fs::read(other.file("save")).unwrap();
        let end = saved.windows(4).position(|bytes| bytes == b"QEVM").unwrap();
        for (old, new) in [(&other.name, &self.name), (&other.uuid, &self.uuid)] {
            for at in 0..end - old.len() {
                if saved[at..].starts_with(old.as_bytes()) {
                    saved[at..at + new.len()].copy_from_slice(new.as_bytes());
                }
            }
        }
        fs::write(self.file("save"), saved).unwrap();
    }

    // What happens to it.

    pub(crate) fn suspend(&self) {
        self.virsh("suspend", &[]);
    }

    pub(crate) fn resume(&self) {
        self.virsh("resume", &[]);
    }

    pub(crate) fn pause(&self, time: Duration) {
        self.suspend();
        thread::sleep(time);
        self.resume();
    }

    pub(crate) fn save(&self) {
        self.virsh("save", &[&self.file("save")]);
    }

    pub(crate) fn restore(&self) {
        self.libvirt().run("virsh", &["restore", &self.file("save")]);
    }

    /// Saves it where libvirt looks when it is started.
    pub(crate) fn managed_save(&self) {
        self.virsh("managedsave", &[]);
    }

    /// Starts it, from what was saved if there is something.
    pub(crate) fn start(&self) {
        self.virsh("start", &[]);
    }

    /// Keeps what it is now.
    pub(crate) fn snapshot(&self, name: &str) {
        self.virsh("snapshot-create-as", &[name]);
    }

    /// Makes it what it was then.
    pub(crate) fn revert(&self, name: &str) {
        self.virsh("snapshot-revert", &[name]);
    }

    /// Boots it anew at once.
    pub(crate) fn reset(&self) {
        self.virsh("reset", &[]);
    }

    /// Lets its kernel panic, whereupon it boots anew.
    pub(crate) fn crash(&self) {
        self.in_shell(|shell| shell.tell("echo c >/proc/sysrq-trigger").map(drop));
    }

    /// Ends it, as a power failure does.
    /// It is off then. A libvirtd that was killed while it restored a domain destroys it by itself when it starts.
    pub(crate) fn destroy(&self) {
        let output = self.libvirt().output("virsh", &["destroy", &self.name]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || said.contains("is not running"), "{said}");
    }

    /// Moves it to another libvirt, in whose folder its sockets are from then on.
    pub(crate) fn migrate(&self, to: &Arc<Libvirtd>) {
        let here = self.libvirt();
        let there = to.folder().to_str().unwrap();
        let xml = here.run("virsh", &["dumpxml", "--migratable", &self.name]);
        // The new machine has the same disk, and sockets of its own: the old one removes its when it ends.
        let xml = ["echo", "shell"].iter().fold(xml, |xml, kind| {
            let socket = format!("{}.{kind}", self.name);
            xml.replace(&self.file(kind), &format!("{there}/{socket}"))
        });
        let xml = here.write(&format!("{}.xml", self.name), &xml);
        let socket = format!("unix://{there}/{}.migration", self.name);
        let mut virsh = Command::new("virsh");
        virsh.args(["--connect", &here.uri(), "migrate", "--live", "--unsafe", "--persistent"]);
        virsh.args(["--undefinesource", "--xml", &xml, "--migrateuri", &socket]);
        let output = virsh.args([&self.name, &to.uri()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        *self.folder.lock().unwrap() = there.to_owned();
        *self.libvirt.lock().unwrap() = Arc::clone(to);
    }

    // What can be asked.

    /// The truth about its clock.
    pub(crate) fn offset(&self) -> Offset {
        wait(|| self.look(READINGS))
    }

    /// The truth about its clock, in so many readings, if it is there: a QEMU that ends ends its conversations.
    pub(crate) fn look(&self, readings: usize) -> Option<Offset> {
        let mut truth = self.truth.lock().unwrap();
        if truth.is_none() {
            *truth = Truth::open(&self.file("echo")).ok();
        }
        let found = truth.as_mut()?.best(readings);
        if found.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            *truth = None;
        }
        found.ok()
    }

    /// Runs a command in it, which must succeed, and gives what it says.
    pub(crate) fn shell(&self, command: &str) -> String {
        self.in_shell(|shell| shell.run(command))
    }

    /// Waits until all in it answers.
    pub(crate) fn answers(&self) {
        // What comes before a guest has booted is lost, and a port has one client.
        *self.shell.lock().unwrap() = None;
        let soon = Duration::from_secs(3);
        wait(|| {
            Shell::open(&self.file("shell"), soon).and_then(|mut shell| shell.run("true")).ok()
        });
        self.offset();
    }

    pub(crate) fn hwclock(&self, which: Hwclock) {
        self.shell(match which {
            Hwclock::Busybox => "ln -sf /bin/busybox /sbin/hwclock",
            Hwclock::UtilLinux => "ln -sf /bin/hwclock /sbin/hwclock",
            // A link to busybox is what it is called.
            Hwclock::Fails => {
                r"rm -f /sbin/hwclock; printf '#!/bin/sh\nexit 1\n' >/sbin/hwclock; chmod 755 /sbin/hwclock"
            }
            Hwclock::None => "rm -f /sbin/hwclock",
        });
        // It looks once.
        self.agent(Agent::Well);
        self.agent_answers();
    }

    /// Makes its agent well or sick. A well one takes a moment to be there.
    pub(crate) fn agent(&self, state: Agent) {
        const PORT: &str = "/dev/virtio-ports/org.qemu.guest_agent.0";
        // Whatever it is, it goes first.
        const AWAY: &str = "kill -CONT $(pidof qemu-ga) 2>/dev/null
            kill -9 $(pidof qemu-ga) $(cat /tmp/false 2>/dev/null) 2>/dev/null
            sleep 0.1
            rm -f /tmp/false /run/qemu-ga.pid";
        let instead = |script: &str| {
            format!(
                "{AWAY}\nsetsid sh -c '{script}' <>{PORT} >&0 2>/dev/null & echo -$! >/tmp/false"
            )
        };
        self.shell(&match state {
            // The port may still be somebody else's for a moment.
            Agent::Well => format!(
                "{AWAY}\nfor try in 1 2 3 4 5; do qemu-ga --daemonize && sleep 0.2 && pidof qemu-ga >/dev/null && break; sleep 0.2; done"
            ),
            // One of them may be about to become hwclock.
            Agent::Stopped => "kill -STOP $(pidof qemu-ga) 2>/dev/null; true".to_owned(),
            Agent::Gone => format!("{AWAY}\ntrue"),
            Agent::Hangs => instead(r#"while read -r line; do printf "{\"return\": 17"; done"#),
            Agent::Garbage => instead("while head -c 4000 /dev/urandom; do usleep 10000; done"),
        });
    }

    /// Starts a chronyd that holds its clock five seconds off, whoever sets it.
    pub(crate) fn fights(&self) {
        self.shell("mkdir -p /var/lib/chrony; chronyd");
    }

    /// Asks its agent, through libvirt, and gives what it answers.
    pub(crate) fn ask_agent(&self, command: &str) -> Output {
        self.libvirt()
            .output("virsh", &["qemu-agent-command", "--timeout", "2", &self.name, command])
    }

    /// Waits until its agent answers. libvirt 9.0 sometimes misses that a port was opened right after it was closed, until it is
    /// opened once more.
    pub(crate) fn agent_answers(&self) {
        let mut asked = 0;
        wait(|| {
            asked += 1;
            if asked % 100 == 0 {
                self.agent(Agent::Well);
            }
            self.ask_agent(GET).status.success().then_some(())
        });
    }

    fn virsh(&self, command: &str, arguments: &[&str]) {
        let libvirt = self.libvirt();
        let output = libvirt.output("virsh", &[&[command, &self.name], arguments].concat());
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Why a QEMU ended stands there.
            let log = format!("/var/log/libvirt/qemu/{}.log", self.name);
            let log = libvirt.output("tail", &["--lines=20", &log]).stdout;
            panic!("{command} {}: {said}{}", self.name, String::from_utf8_lossy(&log));
        }
    }

    fn in_shell<T>(&self, act: impl Fn(&mut Shell) -> io::Result<T>) -> T {
        let mut open = self.shell.lock().unwrap();
        wait(|| {
            if open.is_none() {
                *open = Shell::open(&self.file("shell"), PATIENCE).ok();
            }
            match act(open.as_mut()?) {
                Ok(done) => Some(done),
                Err(error) if error.kind() == io::ErrorKind::Other => {
                    panic!("{}: {error}", self.name)
                }
                // That was an earlier QEMU's.
                Err(_) => {
                    *open = None;
                    None
                }
            }
        })
    }

    /// Where a file or socket of it lies.
    fn file(&self, kind: &str) -> String {
        format!("{}/{}.{kind}", self.folder.lock().unwrap(), self.name)
    }
}

/// Waits until it is there.
fn wait<T>(mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "nobody answers");
        thread::sleep(Duration::from_millis(20));
    }
}
