//! What chronyd knows of this machine's clock: its offset from UTC, and how far that can be wrong.
//!
//! It is asked in its own packets, so that no chronyc has to be there or to be started.

use std::io;
use std::path::Path;
use std::time::Duration;

use kvmtime_core::reading::{Interval, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_wire::chrony::command::{Answer, Question, Source, Tracking};

use super::{HERE, Names, Pair, UTC};
use crate::world::{Bracket, Packets, turned};

const PATIENCE: Duration = Duration::from_secs(1);
/// chrony.conf(5), `cmdport`.
pub(super) const PORT: u16 = 323;
/// chrony.conf(5), `bindcmdaddress`.
const SOCKET: &str = "/run/chrony/chronyd.sock";

/// A running chronyd.
pub(super) struct Chronyd {
    packets: Packets,
    sequence: u32,
    source: Option<String>,
}

impl Chronyd {
    /// The one at this port of this machine or, where that is closed and who asks may, at its socket.
    ///
    /// # Errors
    /// When none answers, or follows nothing.
    pub(super) fn open(port: u16) -> io::Result<Self> {
        let by_port = Packets::udp("127.0.0.1", port).and_then(Self::over);
        match by_port {
            Err(_) if Path::new(SOCKET).parent().is_some_and(is_open) => {
                Packets::unix(Path::new(SOCKET)).and_then(Self::over)
            }
            by_port => by_port,
        }
    }

    fn over(packets: Packets) -> io::Result<Self> {
        let mut chronyd = Self { packets, sequence: 0, source: None };
        let tracking = chronyd.tracking()?;
        if !tracking.synchronised() {
            let own = tracking.reference_id == 0x7f7f_0101;
            let words =
                if own { "chronyd follows its own clock" } else { "chronyd follows nothing" };
            return Err(io::Error::other(words));
        }
        chronyd.source = chronyd.selected().ok().flatten().map(|source| named(&source));
        Ok(chronyd)
    }

    fn tracking(&mut self) -> io::Result<Tracking> {
        match self.ask(Question::Tracking)? {
            Answer::Tracking(tracking) => Ok(tracking),
            _ => Err(io::Error::other("chronyd answers something else")),
        }
    }

    /// The source that chronyd follows.
    fn selected(&mut self) -> io::Result<Option<Source>> {
        let Answer::SourceCount(count) = self.ask(Question::SourceCount)? else { return Ok(None) };
        for index in 0..count.min(1000) {
            match self.ask(Question::Source(index))? {
                Answer::Source(source) if source.state == 0 => return Ok(Some(source)),
                _ => {}
            }
        }
        Ok(None)
    }

    fn ask(&mut self, question: Question) -> io::Result<Answer> {
        self.sequence += 1;
        self.packets.send(&question.packet(self.sequence))?;
        // What comes late answers an earlier question.
        for _ in 0..10 {
            let packet = self.packets.receive(PATIENCE)?;
            match question.answer(self.sequence, &packet) {
                Err(kvmtime_wire::chrony::command::Refusal::Other) => {}
                answer => return answer.map_err(io::Error::other),
            }
        }
        Err(io::Error::other("chronyd answers something else"))
    }
}

fn is_open(folder: &Path) -> bool {
    crate::world::is_there(&folder.join("chronyd.sock").to_string_lossy())
}

fn named(source: &Source) -> String {
    match (source.address, &source.refid) {
        (Some(address), _) => address.to_string(),
        (None, Some(refid)) => format!("the reference clock {refid}"),
        (None, None) => "a reference clock".to_owned(),
    }
}

impl Pair for Chronyd {
    fn names(&self) -> Names {
        let source = self.source.as_deref().map(|source| format!(", which follows {source}"));
        Names::new(HERE, UTC, format!("chronyd{}", source.unwrap_or_default()))
    }

    fn read(&mut self) -> io::Result<Reading> {
        let bracket = Bracket::begin();
        let tracking = self.tracking()?;
        if !tracking.synchronised() {
            return Err(io::Error::other("chronyd follows nothing any more"));
        }
        let seconds = |seconds| Nanos::from_secs(seconds).unwrap_or(Nanos(i64::MAX));
        let here = crate::world::clock::moment();
        // UTC − CLOCK_REALTIME.
        let offset = Interval::around(seconds(-tracking.offset), seconds(tracking.root_distance()));
        Ok(turned(bracket.end().real(offset, here)))
    }
}
