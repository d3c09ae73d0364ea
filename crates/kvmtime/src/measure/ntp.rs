//! This machine's clock against an NTP server's.

use std::io;
use std::time::Duration;

use kvmtime_core::reading::{Interval, Link, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_wire::ntp::packet::{self, Answer, Refusal};

use super::{HERE, Names, Pair, UTC};
use crate::world::{Bracket, Packets, clock, turned};

const PATIENCE: Duration = Duration::from_secs(2);
/// RFC 5905, 7.2.
pub(super) const PORT: u16 = 123;

/// A server.
pub(super) struct Server {
    packets: Packets,
    name: String,
    last: Option<Answer>,
}

impl Server {
    /// Looks its name up.
    ///
    /// # Errors
    /// When it has no address.
    pub(super) fn open(host: &str, port: u16) -> io::Result<Self> {
        let packets = Packets::udp(host, port)?;
        let name = if port == PORT { host.to_owned() } else { format!("{host}:{port}") };
        Ok(Self { packets, name, last: None })
    }

    fn ask(&mut self) -> io::Result<(Nanos, Answer, Nanos)> {
        // RFC 5905 has the client's time as the cookie; a server that is told another one learns less.
        let cookie = clock::count();
        let before = clock::monotonic();
        self.packets.send(&packet::question(cookie))?;
        loop {
            let packet = self.packets.receive(PATIENCE)?;
            let after = clock::monotonic();
            let near = after + clock::moment().shift.lo;
            match packet::answer(cookie, &packet, near.0) {
                Ok(answer) if answer.leap == 3 => {
                    return Err(io::Error::other("the server is not synchronised itself"));
                }
                Ok(answer) => return Ok((before, answer, after)),
                Err(Refusal::Other) => {}
                Err(refusal) => return Err(io::Error::other(refusal)),
            }
        }
    }
}

impl Pair for Server {
    fn names(&self) -> Names {
        let stratum = self.last.map(|answer| format!(" of stratum {}", answer.stratum));
        Names::new(HERE, &self.name, format!("NTP server{}", stratum.unwrap_or_default()))
    }

    fn read(&mut self) -> io::Result<Reading> {
        let (before, answer, after) = self.ask()?;
        self.last = Some(answer);
        // It received the question after it was sent, and sent the answer before that was received: sent − after ≤ offset ≤
        // received − before. What it says is as fine as its precision.
        let tick = Nanos::from_secs(answer.precision).unwrap_or(Nanos::SECOND);
        let offset = Interval::between(Nanos(answer.sent) - after, Nanos(answer.received) - before);
        Ok(turned(Bracket::between(before, after).known(offset.widened(tick))))
    }

    fn onward(&mut self) -> Option<Link> {
        let answer = self.last.filter(|answer| !answer.follows_itself())?;
        let distance = Nanos::from_secs(answer.root_distance())?;
        Some(Link {
            clock: self.name.clone(),
            against: UTC.to_owned(),
            method: "the server's root distance".to_owned(),
            offset: Interval::around(Nanos(0), distance),
        })
    }
}
