//! How far a guest's clock is from this machine's, by what answers in the guest: neither its agent nor kvmtime has a part in it.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A guest on busy CPUs was seen to take 3 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// Clock of a guest − clock of this machine, ns: it lies in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
}

impl Offset {
    /// The whole of it is at most so far from zero.
    pub(crate) fn is_within(self, tolerance: Duration) -> bool {
        self.most() <= tolerance
    }

    /// The furthest that it may be from zero.
    pub(crate) fn most(self) -> Duration {
        Duration::from_nanos(self.lo.unsigned_abs().max(self.hi.unsigned_abs()))
    }

    /// The least that it can be from zero.
    pub(crate) fn least(self) -> Duration {
        let crosses = self.lo <= 0 && self.hi >= 0;
        let nearer = self.lo.unsigned_abs().min(self.hi.unsigned_abs());
        Duration::from_nanos(if crosses { 0 } else { nearer })
    }

    /// Its middle, ms.
    #[expect(clippy::cast_precision_loss, reason = "it is printed")]
    pub(crate) fn ms(self) -> f64 {
        (self.lo as f64 + self.hi as f64) / 2e6
    }

    pub(crate) fn width(self) -> i64 {
        self.hi - self.lo
    }
}

/// A conversation with what answers.
pub(crate) struct Truth {
    stream: BufReader<UnixStream>,
    /// Answers that nobody waited for, and that are still to come.
    late: usize,
}

impl Truth {
    pub(crate) fn open(socket: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), late: 0 })
    }

    /// The best of some readings.
    pub(crate) fn best(&mut self, readings: usize) -> io::Result<Offset> {
        let mut best = self.read()?;
        for _ in 1..readings {
            // A step in between would be two truths: the later one counts.
            let next = self.read()?;
            let apart = next.lo > best.hi || next.hi < best.lo;
            if apart || next.width() < best.width() {
                best = next;
            }
        }
        Ok(best)
    }

    /// One reading; its bound is as wide as the answer took.
    pub(crate) fn read(&mut self) -> io::Result<Offset> {
        while self.late > 0 {
            self.line()?;
            self.late -= 1;
        }
        let before = now();
        self.stream.get_mut().write_all(b"?")?;
        self.late += 1;
        let line = self.line()?;
        let after = now();
        self.late -= 1;
        let words = line.strip_prefix('!').and_then(|words| words.split(' ').next());
        let time: i64 =
            words.and_then(|word| word.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Offset { lo: time - after, hi: time - before })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
    }
}

fn now() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_nanos()).unwrap()
}
