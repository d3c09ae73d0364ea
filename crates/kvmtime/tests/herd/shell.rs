//! Commands in a guest by a port of their own: its agent may be sick.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Busy CPUs take their time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A conversation.
pub(super) struct Shell {
    stream: BufReader<UnixStream>,
    number: u64,
}

impl Shell {
    pub(super) fn open(socket: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), number: 0 })
    }

    /// Has a command done, and does not wait.
    pub(super) fn tell(&mut self, command: &str) -> io::Result<()> {
        self.number += 1;
        // The guest reads one line.
        let command = command.trim().replace('\n', "; ");
        writeln!(self.stream.get_mut(), "{} {command}", self.number)
    }

    /// Has a command done, and gives what it says if it succeeds.
    pub(super) fn run(&mut self, command: &str) -> io::Result<String> {
        self.tell(command)?;
        let (said, ended) = (format!("{}:", self.number), format!("{}=", self.number));
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
