//! Commands in a guest by a port of their own: its agent may be sick.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A conversation.
pub(super) struct Shell {
    stream: BufReader<UnixStream>,
}

/// Commands are numbered over all conversations: an answer may come in the one after.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Shell {
    pub(super) fn open(socket: &str, patience: Duration) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Has a command done, and does not wait.
    pub(super) fn tell(&mut self, command: &str) -> io::Result<u64> {
        let number = NUMBER.fetch_add(1, Relaxed);
        // The guest reads one line.
        let command = command.trim().replace('\n', "; ");
        writeln!(self.stream.get_mut(), "{number} {command}")?;
        Ok(number)
    }

    /// Has a command done, and gives what it says if it succeeds.
    pub(super) fn run(&mut self, command: &str) -> io::Result<String> {
        let number = self.tell(command)?;
        let (said, ended) = (format!("{number}:"), format!("{number}="));
        let mut all = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match (line.strip_prefix(&said), line.strip_prefix(&ended)) {
                (Some(line), _) => all.push_str(line),
                (_, Some(status)) if status.trim() == "0" => return Ok(all),
                (_, Some(status)) => {
                    return Err(io::Error::other(format!("`{command}` ends with {status}: {all}")));
                }
                // Of an earlier one that nobody waited for.
                _ => {}
            }
        }
    }
}
