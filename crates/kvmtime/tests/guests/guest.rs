//! A machine that runs an image under QEMU without KVM, which every x86 machine can.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::Image;
use super::qmp::{MONITOR, Monitor};
use crate::lacking::{Lacking, program};

/// How the line on the console begins that says the guest is up; the clocksource follows.
pub(crate) const READY: &str = "guest ready: ";

/// A guest takes 2 to 5 s to boot; two dozen at once on two busy CPUs have taken 90 s.
const PATIENCE: Duration = Duration::from_secs(120);

/// Without a test of its timer interrupt, which on busy CPUs comes too late for it: the kernel then gives up.
const CMDLINE: &str = "console=ttyS0 quiet panic=-1 no_timer_check";

/// The file behind the serial port that a job's results leave the guest by, in QEMU's folder.
pub(crate) const RESULTS: &str = "file:results.tar";

/// A guest, which ends with this value.
pub(crate) struct Guest {
    command: Command,
    qemu: Child,
    folder: TempDir,
    console: Receiver<String>,
    said: Vec<String>,
    deadline: Instant,
}

impl Guest {
    /// Starts a guest with these words more on its kernel's command line, and these options more on QEMU's.
    pub(crate) fn start(image: &Image, cmdline: &str, options: &[&str]) -> Result<Self, Lacking> {
        let qemu = Command::new(program("qemu-system-x86_64", "qemu-system-x86")?);
        Ok(Self::on(qemu, image, cmdline, options))
    }

    /// The same on another QEMU.
    pub(crate) fn on(mut qemu: Command, image: &Image, cmdline: &str, options: &[&str]) -> Self {
        qemu.args(["-m", "192", "-serial", "stdio", "-serial", RESULTS]).args(options);
        let cmdline = format!("{CMDLINE} {cmdline}");
        Self::boot(qemu, &image.kernel(), &image.initramfs(), &cmdline, PATIENCE)
    }

    /// Starts a guest on a QEMU that has a console on standard output and a port for [`RESULTS`].
    pub(crate) fn boot(
        mut qemu: Command,
        kernel: &Path,
        initramfs: &[u8],
        cmdline: &str,
        patience: Duration,
    ) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::write(folder.path().join("initramfs"), initramfs).unwrap();
        qemu.current_dir(&folder);
        qemu.args(["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]);
        qemu.arg("-qmp").arg(format!("unix:{MONITOR},server=on,wait=off"));
        qemu.args(["-accel", "tcg", "-initrd", "initramfs", "-append", cmdline]);
        qemu.arg("-kernel").arg(kernel);
        qemu.stdin(Stdio::null()).stdout(Stdio::piped());
        let (running, console) = spawn(&mut qemu);
        let deadline = Instant::now() + patience;
        Self { command: qemu, qemu: running, folder, console, said: vec![], deadline }
    }

    /// Saves the machine into a file, ends its QEMU, and has another one go on with it.
    pub(crate) fn restore(&mut self) {
        let mut monitor = self.monitor();
        monitor.ask("migrate", json!({ "uri": "exec:cat >state" }));
        while monitor.ask("query-migrate", json!({}))["status"] != "completed" {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.qemu.kill().unwrap();
        self.qemu.wait().unwrap();
        self.command.args(["-incoming", "exec:cat state"]);
        (self.qemu, self.console) = spawn(&mut self.command);
    }

    /// Where a file or socket lies that QEMU's options name without a folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its monitor, which one may have at a time.
    pub(crate) fn monitor(&self) -> Monitor {
        Monitor::of(self.folder.path())
    }

    /// QEMU's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.qemu.id()
    }

    /// Waits until the guest is up, and gives its clocksource.
    pub(crate) fn ready(&mut self) -> String {
        self.says(READY)
    }

    /// Waits for a line on its console that begins with this, and gives the rest of it.
    pub(crate) fn says(&mut self, start: &str) -> String {
        self.says_first(&[start]).1
    }

    /// The same with one of several beginnings; also gives which.
    pub(crate) fn says_first(&mut self, starts: &[&str]) -> (usize, String) {
        loop {
            let Ok(line) = self.line() else {
                panic!("the guest never says `{starts:?}`:\n{}", self.said.join("\n"));
            };
            let rests = starts.iter().map(|start| line.strip_prefix(start)).enumerate();
            if let Some((which, rest)) = rests.filter_map(|(n, rest)| Some((n, rest?))).next() {
                self.deadline = Instant::now() + PATIENCE;
                return (which, rest.to_owned());
            }
        }
    }

    /// Waits for a line on its console that begins with this, and gives all that come before it.
    pub(crate) fn until(&mut self, start: &str) -> Vec<String> {
        let from = self.said.len();
        self.says(start);
        self.said[from..].to_vec()
    }

    /// All lines on its console within a time.
    pub(crate) fn within(&mut self, time: Duration) -> Vec<String> {
        let end = Instant::now() + time;
        let mut lines = Vec::new();
        while let Ok(line) =
            self.console.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            lines.push(line);
        }
        self.deadline = Instant::now() + PATIENCE;
        lines
    }

    /// Stops QEMU for a while, by a signal: nothing in the machine runs, while its clocks go on.
    pub(crate) fn stall(&self, time: Duration) {
        let signal = |name: &str| {
            let pid = self.pid().to_string();
            assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
        };
        signal("STOP");
        std::thread::sleep(time);
        signal("CONT");
    }

    /// Stops the machine for a while: nothing in it runs, its clock neither.
    pub(crate) fn pause(&self, time: Duration) {
        let mut monitor = self.monitor();
        monitor.execute("stop");
        std::thread::sleep(time);
        monitor.execute("cont");
    }

    /// Waits until the guest has done its job and switched itself off, and gives the folder that the job worked in.
    pub(crate) fn results(mut self) -> TempDir {
        let end = std::iter::repeat_with(|| self.line()).find_map(Result::err);
        let said = self.said.join("\n");
        assert_eq!(end, Some(RecvTimeoutError::Disconnected), "the guest is not done:\n{said}");
        assert!(self.qemu.wait().unwrap().success(), "QEMU failed:\n{said}");
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut tar = Command::new("tar");
        tar.arg("xmf").arg(self.folder.path().join("results.tar")).arg("-C").arg(folder.path());
        assert!(tar.status().unwrap().success(), "no results:\n{said}");
        folder
    }

    /// The next line on the console, which is closed when QEMU ends.
    fn line(&mut self) -> Result<String, RecvTimeoutError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let line = self.console.recv_timeout(left)?;
        self.said.push(line.clone());
        Ok(line)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn spawn(qemu: &mut Command) -> (Child, Receiver<String>) {
    let mut running = qemu.spawn().unwrap();
    let console = lines(running.stdout.take().unwrap());
    (running, console)
}

/// Lines as they come, so that waiting for one can end. The thread ends with what it reads.
pub(crate) fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}
