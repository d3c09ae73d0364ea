//! QEMU's monitor (<https://www.qemu.org/docs/master/interop/qmp-spec.html>).

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

/// A machine's monitor in the folder that its QEMU runs in.
pub(super) const MONITOR: &str = "monitor";

/// A conversation, which does not begin before QEMU listens and does not outlive it.
pub(crate) struct Monitor(BufReader<UnixStream>);

impl Monitor {
    /// Begins it.
    pub(crate) fn of(folder: &Path) -> Self {
        // A socket's path may have 107 characters (unix(7)), a folder's more.
        let folder = File::open(folder).unwrap();
        let path = format!("/proc/self/fd/{}/{MONITOR}", folder.as_raw_fd());
        let mut monitor = Self(BufReader::new(UnixStream::connect(path).unwrap()));
        monitor.execute("qmp_capabilities");
        monitor
    }

    /// Has a command without arguments carried out.
    pub(crate) fn execute(&mut self, command: &str) {
        self.ask(command, json!({}));
    }

    /// Has a command carried out, and gives its answer.
    pub(crate) fn ask(&mut self, command: &str, arguments: Value) -> Value {
        let asked = json!({ "execute": command, "arguments": arguments });
        writeln!(self.0.get_mut(), "{asked}").unwrap();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let mut said: Value = serde_json::from_str(&line).unwrap();
            assert!(said.get("error").is_none(), "{asked}: {said}");
            // A greeting and events come in between.
            if let Some(answer) = said.get_mut("return") {
                return answer.take();
            }
        }
    }
}
