//! Second edges of an RTC: from inside by sysfs, without privilege or agent; from outside QEMU's, over its monitor.
//!
//! An RTC tells whole seconds, but the moment at which it says a new one can be caught. In a guest the RTC keeps the host's time:
//! its rate, and a phase that is as QEMU's start was. So the offset is from the RTC, and its changes are the guest's.

use std::io;
use std::path::Path;

use kvmtime_core::reading::Reading;
use kvmtime_core::units::Nanos;
use kvmtime_wire::monitor;
use serde_json::json;

use super::{HERE, Names, Pair};
use crate::guest::Monitor;
use crate::world::{Bracket, Kept, clock, turned};

/// So long before an edge that is expected the RTC is looked at without pause; four times as long after each that came too early for
/// that, as on a machine whose CPU is wanted by others, too. It shrinks slowly again: nine of ten are to be caught.
const EARLY: Nanos = Nanos(3_000_000);
const EARLIEST: Nanos = Nanos(400_000_000);
/// Until the first edge is known it is looked for this often; that is as far as the first reading can be wrong.
const SEARCH: Nanos = Nanos(10_000_000);
const PATIENCE: Nanos = Nanos(8_000_000_000);

/// What tells whole seconds.
trait Seconds {
    fn seconds(&mut self) -> io::Result<i64>;
}

/// An edge: when the RTC said the new second, by `CLOCK_MONOTONIC`, and for how long before that it may have been due.
#[derive(Clone, Copy)]
struct Edge {
    at: Nanos,
    doubt: Nanos,
}

struct Edges<S> {
    rtc: S,
    /// The one that tells best when the next is due.
    known: Option<Edge>,
    early: Nanos,
}

impl<S: Seconds> Edges<S> {
    fn new(rtc: S) -> Self {
        Self { rtc, known: None, early: EARLY }
    }

    /// Waits for the next edge.
    fn next(&mut self) -> io::Result<(Bracket, i64)> {
        let deadline = clock::monotonic() + PATIENCE;
        let mut expected = self.sleep_until_early();
        let mut before = clock::monotonic();
        let mut first = self.rtc.seconds()?;
        loop {
            let asked = clock::monotonic();
            let second = self.rtc.seconds()?;
            let after = clock::monotonic();
            if second != first {
                self.remember(Edge { at: after, doubt: after - before });
                self.early = EARLY.max(Nanos(self.early.0 / 8 * 7));
                // It still said the old second at some time after `before`, and the new one before `after`.
                return Ok((Bracket::between(before, after), second));
            }
            if after > deadline {
                self.known = None;
                return Err(io::Error::other("the RTC stands still"));
            }
            if clock::interrupted() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            before = asked;
            match expected {
                Some(expected) if after <= expected + EARLY => {}
                // It came before anybody looked: the next one will not.
                Some(_) => {
                    self.early = EARLIEST.min(Nanos(self.early.0 * 4));
                    expected = self.sleep_until_early();
                    before = clock::monotonic();
                    first = self.rtc.seconds()?;
                }
                None => clock::sleep_until(after + SEARCH),
            }
        }
    }

    /// Sleeps until shortly before the next edge, where that is known, and says when it is.
    fn sleep_until_early(&self) -> Option<Nanos> {
        let Edge { at, .. } = self.known?;
        let passed = (clock::monotonic() - at + self.early).0.div_euclid(Nanos::SECOND.0);
        let expected = at + Nanos((passed + 1) * Nanos::SECOND.0);
        clock::sleep_until(expected - self.early);
        Some(expected)
    }

    /// An edge that was seen late is forgotten for one before it, which drifts by 500 ppm at most.
    fn remember(&mut self, new: Edge) {
        let better = |old: Edge| old.doubt + Nanos((new.at - old.at).0 / 2000) < new.doubt;
        self.known = self.known.filter(|old| better(*old)).or(Some(new));
    }

    /// The RTC − this machine's clock.
    fn read(&mut self) -> io::Result<Reading> {
        let (bracket, second) = self.next()?;
        Ok(bracket.remote(Nanos::of_timespec(second, 0), Nanos(0), None))
    }
}

/// The RTC of this machine.
pub(super) struct Rtc {
    edges: Edges<Sysfs>,
}

struct Sysfs(Kept);

const SINCE_EPOCH: &str = "/sys/class/rtc/rtc0/since_epoch";

impl Seconds for Sysfs {
    fn seconds(&mut self) -> io::Result<i64> {
        self.0.number()
    }
}

impl Rtc {
    /// The first one.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn open() -> io::Result<Self> {
        let mut rtc = Kept::open(SINCE_EPOCH, 32)?;
        rtc.number()?;
        Ok(Self { edges: Edges::new(Sysfs(rtc)) })
    }
}

impl Pair for Rtc {
    fn names(&self) -> Names {
        Names::new(HERE, "its RTC", format!("second edges of {SINCE_EPOCH}"))
    }

    fn read(&mut self) -> io::Result<Reading> {
        self.edges.read().map(turned)
    }
}

/// The RTC that a QEMU emulates.
pub(super) struct Emulated {
    edges: Edges<Monitor>,
    name: String,
}

impl Seconds for Monitor {
    fn seconds(&mut self) -> io::Result<i64> {
        // qemu hw/core/machine.c: `rtc-time` of the machine is an alias of the RTC's `date`, in UTC as the RTC counts it.
        let time = self.ask("qom-get", &json!({ "path": "/machine", "property": "rtc-time" }))?;
        monitor::rtc_time(&time).ok_or_else(|| io::Error::other("it tells no date"))
    }
}

impl Emulated {
    /// Opens QEMU's monitor.
    ///
    /// # Errors
    /// When nobody answers, or the machine has no such RTC.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut monitor = Monitor::open(path)?;
        monitor.seconds()?;
        Ok(Self { edges: Edges::new(monitor), name: path.display().to_string() })
    }
}

impl Pair for Emulated {
    fn names(&self) -> Names {
        let clock = format!("RTC of QEMU at {}", self.name);
        Names::new(&clock, HERE, "second edges over QMP")
    }

    fn read(&mut self) -> io::Result<Reading> {
        self.edges.read()
    }
}
