//! A libvirt of the test's own, in namespaces of its own: no libvirt outside is seen, asked or changed.
//!
//! Mounts, processes and network are private to it, and the kernel ends and removes all of them with its first process.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod inside;

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::guests::lines;
use crate::lacking::{Lacking, program};
pub(crate) use inside::{Inside, Usage};

/// libvirtd asks QEMU what it can do, which takes a second or two, and a guest boots in 2 to 5; busy CPUs take longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running libvirtd, which ends with this value.
pub(crate) struct Libvirtd {
    namespaces: Child,
    /// The first process in there, as it is numbered out here.
    init: String,
    folder: TempDir,
}

impl Libvirtd {
    /// Starts it, without domains and networks.
    pub(crate) fn start() -> Result<Self, Lacking> {
        Self::by(include_str!("init"), &[])
    }

    /// Boots a machine around it by systemd, with kvmtime and the guard's unit as they are shipped.
    pub(crate) fn booted(kvmtime: &str) -> Result<Self, Lacking> {
        program("systemd-nspawn", "systemd-container")?;
        let unit =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/systemd/kvmtime-guard.service");
        let machine =
            Self::by(include_str!("boot"), &[env!("CARGO_TARGET_TMPDIR"), kvmtime, unit])?;
        let deadline = Instant::now() + PATIENCE;
        while !machine.output("systemctl", &["is-active", "booted.target"]).status.success() {
            let failed = || machine.output("journalctl", &["--no-pager", "--lines=50"]).stdout;
            assert!(Instant::now() < deadline, "{}", String::from_utf8_lossy(&failed()));
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(machine)
    }

    fn by(script: &str, arguments: &[&str]) -> Result<Self, Lacking> {
        program("libvirtd", "libvirt-daemon-system")?;
        program("virsh", "libvirt-clients")?;
        program("qemu-system-x86_64", "qemu-system-x86")?;
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Err(Lacking::Obtainable("root: libvirtd starts QEMU only as root".to_owned()));
        }
        let mut namespaces = Command::new("unshare")
            .args(["--mount", "--pid", "--net", "--uts", "--fork", "--kill-child", "--"])
            .args(["sh", "-c", script, "sh"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = lines(namespaces.stdout.take().unwrap());
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut started = Self { namespaces, init: String::new(), folder };
        match said.recv_timeout(PATIENCE) {
            Ok(init) => started.init = init,
            Err(_) => return Err(started.failure()),
        }
        Ok(started)
    }

    /// A folder that is the same in there and out here.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How it is reached from out here.
    pub(crate) fn uri(&self) -> String {
        format!("qemu+unix:///system?socket=/proc/{}/root/run/libvirt/libvirt-sock", self.init)
    }

    /// Writes a file into that folder, and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// Defines a domain.
    pub(crate) fn define(&self, xml: &str) {
        self.run("virsh", &["define", "--validate", &self.write("domain.xml", xml)]);
    }

    /// Leaves a definition in libvirt's own folder, which it reads when it starts, and believes.
    pub(crate) fn leave(&self, name: &str, xml: &str) {
        let definition = format!("/etc/libvirt/qemu/{name}.xml");
        self.run("cp", &[&self.write("domain.xml", xml), &definition]);
    }

    /// Ends libvirtd by a signal and waits until it is gone; guests go on.
    pub(crate) fn stop(&self, signal: &str) {
        let gone = "tail --pid=$pid --sleep-interval=0.05 --follow /dev/null";
        let script = format!("pid=$(cat /run/libvirtd.pid); kill -s {signal} $pid; {gone}");
        self.run("sh", &["-c", &script]);
    }

    /// Starts it again.
    pub(crate) fn restart(&self) {
        self.run("libvirtd", &["--daemon"]);
    }

    /// A program, to be run in there.
    pub(crate) fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.init, "--mount", "--pid", "--net", "--"]);
        inside.arg(program.as_ref()).args(arguments).stdin(Stdio::null());
        // Settings of whoever runs the tests, such as another libvirt's URI, stay outside.
        inside.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        inside
    }

    /// Runs a program in there.
    pub(crate) fn output(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().unwrap()
    }

    /// Runs a program in there, which must succeed, and gives what it prints.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.output(program, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits for a line that begins with this in a file in there that grows, and gives the rest of it.
    pub(crate) fn wait_for(&self, path: &str, start: &str) -> String {
        let mut tail = Command::new("nsenter")
            .args(["--target", &self.init, "--mount", "--", "tail", "--lines=+1"])
            .args(["--follow=name", "--retry", path])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = lines(tail.stdout.take().unwrap());
        let deadline = Instant::now() + PATIENCE;
        let next = || lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok();
        let mut all = std::iter::from_fn(next);
        let found = all.find_map(|line| line.strip_prefix(start).map(str::to_owned));
        tail.kill().unwrap();
        tail.wait().unwrap();
        found.unwrap_or_else(|| {
            let all = self.output("cat", &[path]).stdout;
            panic!("{path} has no line `{start}…`:\n{}", String::from_utf8_lossy(&all))
        })
    }

    /// Why it did not start: not being allowed to have namespaces is no fault of it.
    fn failure(mut self) -> Lacking {
        let _ = self.namespaces.kill();
        let mut said = String::new();
        self.namespaces.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let may_not = ["unshare failed", "mount: ", "nspawn failed"];
        let may_not = may_not.iter().any(|words| said.contains(words));
        assert!(may_not, "libvirtd does not start: {said}");
        Lacking::Impossible(format!("namespaces of its own ({})", said.trim()))
    }
}

impl Drop for Libvirtd {
    fn drop(&mut self) {
        // The first process ends with its input, and the kernel ends all others before anybody hears of that.
        drop(self.namespaces.stdin.take());
        let _ = self.namespaces.wait();
    }
}
