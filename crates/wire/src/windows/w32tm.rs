//! `w32tm /query /status /verbose`: what the Windows Time service says of itself.

use serde::{Deserialize, Serialize};

use crate::text::{ParseError, number};

/// What the service says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The leap indicator; 3 is not synchronised.
    pub leap: u32,
    /// The stratum; 0 is unspecified.
    pub stratum: u32,
    /// The reference's id: an address, or four letters.
    pub reference_id: u32,
    /// The source, in the machine's own words.
    pub source: String,
    /// What the clock is still off by, seconds; only with `/verbose`.
    pub phase_offset: Option<f64>,
}

/// `LOCL`, the machine's own clock (RFC 5905).
const LOCL: u32 = 0x4c4f_434c;

impl Status {
    /// Whether the service follows somebody else's clock.
    pub fn synchronised(&self) -> bool {
        self.leap != 3 && self.stratum != 0 && !matches!(self.reference_id, 0 | LOCL)
    }
}

/// Reads the lines by their place, since their labels are translated. Source: MS-W32T 2.2.17, `W32TIME_STATUS_INFO`,
/// whose fields w32tm prints in this order.
///
/// # Errors
/// When it is no status; what w32tm says instead is quoted.
pub fn parse(text: &str) -> Result<Status, ParseError> {
    // Chinese and Japanese texts may have a wide colon.
    let values: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once([':', '：']))
        .map(|(_, value)| value.trim())
        .collect();
    let status = || {
        let (leap, stratum) = (count(values.first()?)?, count(values.get(1)?)?);
        let id = values.get(5)?.strip_prefix("0x")?.get(..8)?;
        Some(Status {
            leap,
            stratum,
            reference_id: u32::from_str_radix(id, 16).ok()?,
            source: (*values.get(7)?).to_owned(),
            phase_offset: values.get(9).and_then(|offset| number(offset.strip_suffix('s')?)),
        })
    };
    status().ok_or_else(|| ParseError::instead_of("a status of w32tm", text))
}

/// `0(no warning)`, `2 (secondary reference - syncd by (S)NTP)`.
fn count(value: &str) -> Option<u32> {
    value.split([' ', '(']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_follows_a_server() {
        let status = parse(include_str!("../../tests/transcripts/w32tm/synced.txt")).unwrap();
        assert!(status.synchronised());
        assert_eq!((status.stratum, status.source.as_str()), (4, "time.example.net,0x9"));
        assert!((status.phase_offset.unwrap() - 0.001_25).abs() < 1e-12);
    }

    #[test]
    fn one_that_follows_its_own_clock_in_french() {
        let status = parse(include_str!("../../tests/transcripts/w32tm/french.txt")).unwrap();
        assert_eq!((status.leap, status.stratum, status.reference_id), (0, 1, LOCL));
        assert!(!status.synchronised());
    }

    #[test]
    fn a_complaint_is_quoted() {
        let error = parse("The following error occurred: Access is denied. (0x80070005)\n");
        assert!(error.unwrap_err().message.contains("0x80070005"));
    }
}
