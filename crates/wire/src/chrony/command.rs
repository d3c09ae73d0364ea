//! chronyd's command packets, as chronyc sends and understands them: protocol version 6, chrony 2.0 and later.
//!
//! Layouts: chrony `candm.h` (`CMD_Request`, `CMD_Reply`), `pktlength.c` and `util.c:UTI_FloatNetworkToHost`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;

const VERSION: u8 = 6;
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
/// The length of what stands before a request's and a reply's data.
const REQUEST_HEAD: usize = 20;
const REPLY_HEAD: usize = 28;

/// What can be asked without being root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// `REQ_TRACKING`.
    Tracking,
    /// `REQ_N_SOURCES`.
    SourceCount,
    /// `REQ_SOURCE_DATA` of a source, counted from 0.
    Source(u32),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// `RPY_TRACKING`.
    Tracking(Tracking),
    /// `RPY_N_SOURCES`.
    SourceCount(u32),
    /// `RPY_SOURCE_DATA`.
    Source(Source),
}

/// What chronyd thinks of the system clock; times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracking {
    /// The reference's id; 0x7f7f0101 is the local clock.
    pub reference_id: u32,
    /// The reference's address; none of a reference clock.
    pub address: Option<IpAddr>,
    /// Stratum of the machine itself.
    pub stratum: u16,
    /// 0 normal, 1 insert and 2 delete a second, 3 not synchronised.
    pub leap: u16,
    /// System clock minus NTP time: positive when the system clock is fast.
    pub offset: f64,
    /// Root mean square of recent offsets.
    pub rms_offset: f64,
    /// Frequency error of the free-running clock, ppm: positive when it is fast.
    pub frequency_ppm: f64,
    /// How wrong that can be, ppm.
    pub skew_ppm: f64,
    /// Network delay to the first clock.
    pub root_delay: f64,
    /// Dispersion up to the first clock.
    pub root_dispersion: f64,
}

impl Tracking {
    /// Whether the clock follows anything but itself.
    pub fn synchronised(&self) -> bool {
        self.leap < 3 && self.reference_id != 0 && self.reference_id != 0x7f7f_0101
    }

    /// How far the clock can be from what its offset says: root dispersion + half the root delay (RFC 5905, root distance).
    pub fn root_distance(&self) -> f64 {
        self.root_dispersion + self.root_delay / 2.0
    }
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its address; none of a reference clock.
    pub address: Option<IpAddr>,
    /// The id of a reference clock, such as `PHC0`.
    pub refid: Option<String>,
    /// Its stratum.
    pub stratum: u16,
    /// 0 selected, 1 not selectable, 2 falseticker, 3 jittery, 4 unselected, 5 selectable.
    pub state: u16,
    /// 0 server, 1 peer, 2 reference clock.
    pub mode: u16,
    /// The last eight polls, the newest in bit 0.
    pub reach: u16,
    /// Seconds since it was last heard.
    pub age: u32,
    /// The last measured offset, seconds: positive when the system clock is fast.
    pub offset: f64,
    /// Its bound, seconds.
    pub error: f64,
}

/// Why a reply says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a reply, or one to another question.
    #[error("not the answer to what was asked")]
    Other,
    /// `STT_*` of candm.h.
    #[error("chronyd refuses: status {0}")]
    Status(u16),
}

impl Question {
    fn code(self) -> u16 {
        match self {
            Self::SourceCount => 14,
            Self::Source(_) => 15,
            Self::Tracking => 33,
        }
    }

    /// The code and the length of the reply.
    fn reply(self) -> (u16, usize) {
        match self {
            Self::SourceCount => (2, REPLY_HEAD + 4),
            Self::Source(_) => (3, REPLY_HEAD + 48),
            Self::Tracking => (5, REPLY_HEAD + 76),
        }
    }

    /// The packet to send. It is as long as the reply, so that nobody can make chronyd flood another.
    pub fn packet(self, sequence: u32) -> Vec<u8> {
        let mut packet = vec![VERSION, REQUEST, 0, 0];
        packet.extend(self.code().to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(sequence.to_be_bytes());
        packet.resize(REQUEST_HEAD, 0);
        if let Self::Source(index) = self {
            packet.extend(index.to_be_bytes());
        }
        packet.resize(self.reply().1.max(packet.len()), 0);
        packet
    }

    /// Reads the reply.
    ///
    /// # Errors
    /// When it is another one, or chronyd refuses.
    pub fn answer(self, sequence: u32, packet: &[u8]) -> Result<Answer, Refusal> {
        let mut head = Bytes::new(packet);
        let about = (head.u8(), head.u8(), head.skip(2), head.u16(), head.u16(), head.u16());
        let (Some(VERSION), Some(REPLY), Some(()), Some(command), Some(reply), Some(status)) =
            about
        else {
            return Err(Refusal::Other);
        };
        let answered = head.skip(6).and_then(|()| head.u32());
        if command != self.code() || answered != Some(sequence) {
            return Err(Refusal::Other);
        }
        if status != 0 {
            return Err(Refusal::Status(status));
        }
        if reply != self.reply().0 {
            return Err(Refusal::Other);
        }
        let data = packet.get(REPLY_HEAD..).ok_or(Refusal::Other)?;
        self.data(&mut Bytes::new(data)).ok_or(Refusal::Other)
    }

    fn data(self, data: &mut Bytes<'_>) -> Option<Answer> {
        Some(match self {
            Self::SourceCount => Answer::SourceCount(data.u32()?),
            Self::Source(_) => Answer::Source(source(data)?),
            Self::Tracking => Answer::Tracking(tracking(data)?),
        })
    }
}

fn tracking(data: &mut Bytes<'_>) -> Option<Tracking> {
    let (reference_id, address) = (data.u32()?, address(data)?);
    let (stratum, leap) = (data.u16()?, data.u16()?);
    // The time of the last update.
    data.skip(12)?;
    // chronyd's correction is what is still to be added: positive when the clock is slow.
    let offset = -float(data)?;
    let _last_offset = float(data)?;
    Some(Tracking {
        reference_id,
        address,
        stratum,
        leap,
        offset,
        rms_offset: float(data)?,
        frequency_ppm: -float(data)?,
        skew_ppm: {
            let _residual = float(data)?;
            float(data)?
        },
        root_delay: float(data)?,
        root_dispersion: float(data)?,
    })
}

fn source(data: &mut Bytes<'_>) -> Option<Source> {
    let address = address(data)?;
    let _poll = data.u16()?;
    let (stratum, state, mode) = (data.u16()?, data.u16()?, data.u16()?);
    // sources.c:SRC_ReportSource gives a reference clock's id the look of an address.
    let (address, refid) = match address {
        Some(IpAddr::V4(id)) if mode == REFCLOCK => (None, Some(letters(id.octets()))),
        address => (address, None),
    };
    let _flags = data.u16()?;
    let (reach, age) = (data.u16()?, data.u32()?);
    let _original = float(data)?;
    Some(Source {
        address,
        refid,
        stratum,
        state,
        mode,
        reach,
        age,
        offset: float(data)?,
        error: float(data)?,
    })
}

/// `RPT_REFERENCE` of reports.h.
const REFCLOCK: u16 = 2;

fn letters(id: [u8; 4]) -> String {
    id.into_iter().filter(u8::is_ascii_graphic).map(char::from).collect()
}

/// Sixteen bytes, then the family: 1 and 2 are IPv4 and IPv6, 3 the id of a reference clock.
fn address(data: &mut Bytes<'_>) -> Option<Option<IpAddr>> {
    let bytes = data.array::<16>()?;
    let family = data.u16()?;
    data.skip(2)?;
    Some(match family {
        1 => Some(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).into()),
        2 => Some(Ipv6Addr::from(bytes).into()),
        _ => None,
    })
}

/// Seven bits of exponent, then 25 of coefficient, both signed: coefficient × 2^(exponent − 25).
fn float(data: &mut Bytes<'_>) -> Option<f64> {
    let bits = data.u32()?.cast_signed();
    let (exponent, coefficient) = (bits >> 25, (bits << 7) >> 7);
    Some(f64::from(coefficient) * 2_f64.powi(exponent - 25))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply of chronyd 4.3 to `Question::Tracking.packet(7)`.
    const TRACKING: &[u8] =
        include_bytes!("../../tests/transcripts/chrony_command/4.3-tracking.bin");

    #[test]
    fn floats_have_seven_bits_of_exponent_and_a_sign() {
        let read = |bits: u32| float(&mut Bytes::new(&bits.to_be_bytes())).unwrap();
        // 2^23 × 2^(2 − 25) = 1; its negative; 2^23 × 2^(−18 − 25)
        let cases = [(0x0480_0000, 1.0), (0x0580_0000, -1.0), (0xdc80_0000, 2_f64.powi(-20))];
        for (bits, value) in cases {
            assert!((read(bits) - value).abs() < 1e-12, "{bits:x}: {}", read(bits));
        }
    }

    #[test]
    fn a_real_reply_is_understood_and_another_is_not() {
        let Answer::Tracking(tracking) = Question::Tracking.answer(7, TRACKING).unwrap() else {
            panic!("another answer");
        };
        assert!(tracking.stratum == 10 && !tracking.synchronised(), "{tracking:?}");
        assert_eq!(Question::Tracking.answer(8, TRACKING), Err(Refusal::Other));
        assert_eq!(Question::SourceCount.answer(7, TRACKING), Err(Refusal::Other));
        let mut refused = TRACKING.to_vec();
        refused[9] = 2;
        assert_eq!(Question::Tracking.answer(7, &refused), Err(Refusal::Status(2)));
    }

    #[test]
    fn requests_are_as_long_as_their_replies() {
        assert_eq!(Question::Tracking.packet(7).len(), TRACKING.len());
    }
}
