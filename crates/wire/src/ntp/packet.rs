//! A client's question to an NTP server, and the answer (RFC 5905, 7.3).

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;

/// 1970 in seconds since 1900 (RFC 5905, figure 4).
const EPOCH: i64 = 2_208_988_800;

/// What a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// 0 normal, 1 and 2 a second is inserted or deleted, 3 not synchronised.
    pub leap: u8,
    /// The server's stratum.
    pub stratum: u8,
    /// How finely its clock can be read, seconds.
    pub precision: f64,
    /// Delay from the server to the first clock, seconds.
    pub root_delay: f64,
    /// Dispersion up to the first clock, seconds.
    pub root_dispersion: f64,
    /// What the server follows: an address, a word, or 127.127.1.x for its own clock.
    pub reference: u32,
    /// When the question arrived by the server's clock, ns since 1970.
    pub received: i64,
    /// When it answered, ns since 1970.
    pub sent: i64,
}

impl Answer {
    /// Whether it follows nothing but its own clock (chrony `local`; ntpd's driver 1), whose error it takes to be none.
    pub fn follows_itself(&self) -> bool {
        self.reference >> 8 == 0x7f_7f01 || self.reference == u32::from_be_bytes(*b"LOCL")
    }

    /// How far the server's clock can be from the first one (RFC 5905, root distance), seconds.
    pub fn root_distance(&self) -> f64 {
        self.root_dispersion + self.root_delay / 2.0
    }
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an answer to this question.
    #[error("not the answer to what was asked")]
    Other,
    /// A kiss of death (RFC 5905, 7.4).
    #[error("the server refuses: {0}")]
    Kiss(String),
}

/// The question. A server gives the cookie back; it need not be a time.
pub fn question(cookie: u64) -> [u8; 48] {
    let mut packet = [0; 48];
    // Version 4, client.
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&cookie.to_be_bytes());
    packet
}

/// Reads the answer. `near` is any time within 68 years of the server's, ns since 1970: NTP's seconds begin anew in 2036.
///
/// # Errors
/// When it is no answer to that question, or a refusal.
pub fn answer(cookie: u64, packet: &[u8], near: i64) -> Result<Answer, Refusal> {
    let read = read(&mut Bytes::new(packet), near).ok_or(Refusal::Other)?;
    let (mode, returned, answer) = read;
    if mode != 4 || returned != cookie {
        return Err(Refusal::Other);
    }
    if answer.stratum == 0 {
        let word = answer.reference.to_be_bytes();
        return Err(Refusal::Kiss(String::from_utf8_lossy(&word).trim_matches('\0').to_owned()));
    }
    Ok(answer)
}

fn read(packet: &mut Bytes<'_>, near: i64) -> Option<(u8, u64, Answer)> {
    let first = packet.u8()?;
    let stratum = packet.u8()?;
    packet.skip(1)?;
    let precision = packet.u8()?.cast_signed();
    let (root_delay, root_dispersion) = (short(packet.u32()?), short(packet.u32()?));
    let reference = packet.u32()?;
    packet.skip(8)?;
    let returned = packet.u64()?;
    let answer = Answer {
        leap: first >> 6,
        stratum,
        precision: 2_f64.powi(i32::from(precision)),
        root_delay,
        root_dispersion,
        reference,
        received: nanos(packet.u64()?, near),
        sent: nanos(packet.u64()?, near),
    };
    Some((first & 7, returned, answer))
}

/// 16 bits of seconds, 16 of fraction.
fn short(bits: u32) -> f64 {
    f64::from(bits) / 65_536.0
}

/// 32 bits of seconds since 1900 or a multiple of 2^32 s later, 32 of fraction.
fn nanos(bits: u64, near: i64) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    let low = u32::try_from(bits >> 32).unwrap_or_default();
    let fraction = bits & 0xffff_ffff;
    // The distance from `near` in seconds fits in 32 signed bits.
    let expected = near.div_euclid(SECOND).saturating_add(EPOCH);
    let expected_low = u32::try_from(expected.rem_euclid(1 << 32)).unwrap_or_default();
    let distance = low.wrapping_sub(expected_low).cast_signed();
    let seconds = near.div_euclid(SECOND).saturating_add(i64::from(distance));
    let ns = i64::try_from((fraction * 1_000_000_000) >> 32).unwrap_or_default();
    seconds.saturating_mul(SECOND).saturating_add(ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seconds_that_begin_anew_in_2036_are_found() {
        // RFC 5905, figure 4: the first day of era 1 begins on 7 February 2036 at 06:28:16.
        let era_1 = 2_085_978_496_000_000_000;
        assert_eq!(nanos(0, era_1 + 5), era_1);
        assert_eq!(nanos(0, era_1 - 86_400_000_000_000), era_1);
        assert_eq!(nanos(0xffff_ffff_8000_0000, era_1), era_1 - 500_000_000);
        let now = 1_700_000_000_250_000_000;
        let bits = ((1_700_000_000 + EPOCH).cast_unsigned() << 32) | 0x4000_0000;
        assert_eq!(nanos(bits, now + 3_600_000_000_000), now);
    }

    /// What chronyd 4.3 answered to `question(77)` on 27 November 2026, following its own clock.
    const ANSWER: &[u8] = include_bytes!("../../tests/transcripts/ntp_packet/chronyd-4.3.bin");

    #[test]
    fn a_real_answer_is_understood() {
        let now = 1_795_757_000_000_000_000;
        let read = answer(77, ANSWER, now).unwrap();
        assert!(read.follows_itself() && read.stratum == 10 && read.leap == 0, "{read:?}");
        assert!(read.received <= read.sent && (read.sent - now).abs() < 3_600_000_000_000);
    }

    #[test]
    fn a_kiss_of_death_is_quoted_and_a_foreign_answer_ignored() {
        let mut packet = question(77);
        packet[0] = 4 << 3 | 4;
        packet[12..16].copy_from_slice(b"RATE");
        packet.copy_within(40..48, 24);
        assert_eq!(answer(77, &packet, 0), Err(Refusal::Kiss("RATE".to_owned())));
        assert_eq!(answer(78, &packet, 0), Err(Refusal::Other));
        packet[1] = 2;
        assert_eq!(answer(77, &packet, 0).unwrap().stratum, 2);
        assert_eq!(answer(77, &packet[..47], 0), Err(Refusal::Other));
    }
}
