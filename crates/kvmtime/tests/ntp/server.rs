//! A chronyd that serves this machine's time to guests and leaves its clock alone.

use std::fs::{self, File};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::guests::Unpacked;

/// It takes a moment to start; busy CPUs take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running chronyd, which ends with this value.
pub(crate) struct Server {
    chronyd: Child,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// Its stratum.
    pub(crate) const STRATUM: u8 = 3;

    /// Starts it and waits until it answers.
    pub(crate) fn start(packages: &Unpacked) -> Self {
        let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::at(packages, free)
    }

    /// The same at a port of one's choice.
    pub(crate) fn at(packages: &Unpacked, port: u16) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let conf = folder.path().join("chrony.conf");
        fs::write(&conf, self::conf(folder.path(), port)).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let chronyd = packages
            .command(packages.path("usr/sbin/chronyd"))
            // -x leaves the clock alone; with -U and without a change of user nobody has to be root.
            .args(["-x", "-d", "-U", "-u", "root", "-f"])
            .arg(conf)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self { chronyd, folder, port };
        server.answers();
        server
    }

    /// The line of chrony.conf that makes a guest follow it, eight times a second: a test does not wait for more.
    pub(crate) fn source(&self) -> String {
        source(self.port)
    }

    /// The port that it answers at.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn answers(&mut self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        // A client's request of version 4 (RFC 5905, 7.3).
        let mut packet = [0; 48];
        packet[0] = 4 << 3 | 3;
        let deadline = Instant::now() + PATIENCE;
        let mut answer = [0; 48];
        while Instant::now() < deadline && self.chronyd.try_wait().unwrap().is_none() {
            socket.send_to(&packet, ("127.0.0.1", self.port)).unwrap();
            if socket.recv(&mut answer).is_ok() {
                assert_eq!(answer[1], Self::STRATUM);
                return;
            }
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        panic!("chronyd does not answer:\n{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.chronyd.kill();
        let _ = self.chronyd.wait();
    }
}

/// Its settings: it shares no file, port or socket with another chronyd.
pub(crate) fn conf(folder: &Path, port: u16) -> String {
    let (stratum, pid) = (Server::STRATUM, folder.join("pid"));
    format!(
        "local stratum {stratum}\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport {port}\n\
         cmdport 0\nbindcmdaddress /\npidfile {}\n",
        pid.display()
    )
}

/// The same of any port of this machine.
pub(crate) fn source(port: u16) -> String {
    format!("server 10.0.2.2 port {port} iburst minpoll -3 maxpoll -3 maxsamples 16\n")
}
