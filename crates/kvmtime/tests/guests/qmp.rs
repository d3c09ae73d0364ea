//! QEMU's monitor (<https://www.qemu.org/docs/master/interop/qmp-spec.html>).

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// A machine's monitor in the folder that its QEMU runs in.
pub(super) const MONITOR: &str = "monitor";

/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A conversation, which does not begin before QEMU listens and does not outlive it.
pub(crate) struct Monitor {
    talk: BufReader<UnixStream>,
    events: VecDeque<Value>,
}

impl Monitor {
    /// Begins it.
    pub(crate) fn of(folder: &Path) -> Self {
        // A socket's path may have 107 characters (unix(7)), a folder's more.
        let folder = File::open(folder).unwrap();
        let path = format!("/proc/self/fd/{}/{MONITOR}", folder.as_raw_fd());
        let talk = UnixStream::connect(path).unwrap();
        talk.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut monitor = Self { talk: BufReader::new(talk), events: VecDeque::new() };
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
        writeln!(self.talk.get_mut(), "{asked}").unwrap();
        loop {
            let mut said = self.hear();
            assert!(said.get("error").is_none(), "{asked}: {said}");
            // A greeting and events come in between.
            match said.get_mut("return") {
                Some(answer) => return answer.take(),
                None => self.events.push_back(said),
            }
        }
    }

    /// Waits for an event, and gives when it was, since 1970; what was told before it is forgotten.
    pub(crate) fn event(&mut self, name: &str) -> Duration {
        loop {
            let said = self.events.pop_front().unwrap_or_else(|| self.hear());
            if said["event"] == name {
                let part = |name: &str| said["timestamp"][name].as_u64().unwrap();
                return Duration::from_secs(part("seconds"))
                    + Duration::from_micros(part("microseconds"));
            }
        }
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.talk.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}
