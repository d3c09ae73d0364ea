//! How far a guest's clock is from this machine's, by what answers in the guest: neither its agent nor kvmtime has a part in it.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A question to a guest that boots is lost, one to a guest that is paused waits.
const PATIENCE: Duration = Duration::from_secs(3);

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

/// Questions are numbered over all conversations: an answer may come in the one after.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A conversation with what answers.
pub(crate) struct Truth(BufReader<UnixStream>);

impl Truth {
    pub(crate) fn open(socket: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
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
        let number = NUMBER.fetch_add(1, Relaxed).to_string();
        let before = now();
        self.0.get_mut().write_all(format!("{number}\n").as_bytes())?;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let after = now();
            // Other numbers are of questions that nobody waited for.
            if let Some((said, time)) = line.trim().split_once(' ')
                && said == number
                && let Ok(time) = time.parse::<i64>()
            {
                return Ok(Offset { lo: time - after, hi: time - before });
            }
        }
    }
}

fn now() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_nanos()).unwrap()
}
