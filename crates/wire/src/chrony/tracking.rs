//! `chronyc -n tracking`.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::report::Report;
use crate::text::{ParseError, number};

/// What chronyd says of the system clock. Source: chrony `client.c:process_cmd_tracking`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracking {
    /// Eight hexadecimal digits; `00000000` is nothing, `7F7F0101` the local clock.
    pub reference_id: String,
    /// The name or address in parentheses.
    pub reference: String,
    /// Stratum of the machine itself.
    pub stratum: u32,
    /// System clock minus NTP time, seconds: positive when the system clock is fast.
    pub offset: f64,
    /// Root delay, seconds.
    pub root_delay: f64,
    /// Root dispersion, seconds.
    pub root_dispersion: f64,
    /// Frequency error of the free-running clock in ppm: positive when it is fast.
    pub frequency_ppm: f64,
    /// `Normal`, `Insert second`, `Delete second` or `Not synchronised`.
    pub leap: String,
}

impl Tracking {
    /// Whether the clock follows anything but itself.
    pub fn synchronised(&self) -> bool {
        self.leap != "Not synchronised" && self.reference_id != "00000000" && !self.follows_itself()
    }

    /// Whether it follows the local clock (chrony.conf(5), `local`).
    pub fn follows_itself(&self) -> bool {
        self.reference_id == "7F7F0101"
    }

    /// The bound of the clock's error that NTP gives, in seconds: root dispersion + half the root delay (RFC 5905, root distance).
    pub fn root_distance(&self) -> f64 {
        self.root_dispersion + self.root_delay / 2.0
    }
}

/// Reads the report of chrony 1.x to 4.x.
///
/// # Errors
/// When a line is missing or holds no number; what chronyc says instead, such as `506 Cannot talk to daemon`, is quoted.
pub fn parse(text: &str) -> Result<Tracking, ParseError> {
    let report = Report::read(text);
    if !report.has("Reference ID") {
        return Err(ParseError::instead_of("a report of chronyc tracking", text));
    }
    let (reference_id, reference) = report.field("Reference ID", reference)?;
    Ok(Tracking {
        reference_id,
        reference,
        stratum: report.field("Stratum", |value| value.parse().ok())?,
        offset: report.field("System time", signed)?,
        root_delay: report.field("Root delay", first_number)?,
        root_dispersion: report.field("Root dispersion", first_number)?,
        frequency_ppm: report.field("Frequency", signed)?,
        leap: report.field("Leap status", |value| Some(value.to_owned()))?,
    })
}

/// `C0248F97 (192.0.2.7)`; chrony before 2.4 writes the id like an address.
fn reference(value: &str) -> Option<(String, String)> {
    let (id, name) = value.split_once(" (")?;
    let id = match id.parse::<Ipv4Addr>() {
        Ok(address) => format!("{:08X}", u32::from(address)),
        Err(_) => id.to_owned(),
    };
    Some((id, name.strip_suffix(')')?.to_owned()))
}

/// `0.000000922 seconds fast of NTP time`: fast is positive.
fn signed(value: &str) -> Option<f64> {
    match value.split_whitespace().nth(2)? {
        "fast" => first_number(value),
        "slow" => Some(-first_number(value)?),
        _ => None,
    }
}

fn first_number(value: &str) -> Option<f64> {
    number(value.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// chronyc 4.3.
    const SYNCHRONISED: &str = include_str!("../../tests/transcripts/chrony_tracking/4.3.txt");

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn a_report_is_read_with_its_signs() {
        let tracking = parse(SYNCHRONISED).unwrap();
        assert!(tracking.synchronised());
        assert_eq!((tracking.reference_id.as_str(), tracking.stratum), ("C0000201", 4));
        assert_eq!(tracking.reference, "192.0.2.1");
        assert!(close(tracking.offset, 922e-9) && close(tracking.frequency_ppm, -0.134));
        assert!(close(tracking.root_distance(), 48.760e-6 + 7.778e-6 / 2.0));
        let slow = SYNCHRONISED.replace("seconds fast", "seconds slow");
        assert!(close(parse(&slow).unwrap().offset, -922e-9));
    }

    #[test]
    fn a_clock_that_follows_nothing_is_not_synchronised() {
        for text in [
            include_str!("../../tests/transcripts/chrony_tracking/4.3-local.txt"),
            include_str!("../../tests/transcripts/chrony_tracking/4.3-none.txt"),
        ] {
            let tracking = parse(text).unwrap();
            assert!(!tracking.synchronised() && tracking.reference.is_empty());
        }
    }

    #[test]
    fn an_id_that_looks_like_an_address_is_turned_into_digits() {
        let old = SYNCHRONISED.replace("C0000201 (", "127.127.1.1 (");
        assert_eq!(parse(&old).unwrap().reference_id, "7F7F0101");
    }

    #[test]
    fn what_chronyc_says_instead_is_quoted() {
        let error = parse("\n506 Cannot talk to daemon\n").unwrap_err();
        let expected = "line 2: not a report of chronyc tracking: 506 Cannot talk to daemon";
        assert_eq!(error.to_string(), expected);
        let error = parse(&SYNCHRONISED.replace("Stratum         : 4", "Stratum : ?")).unwrap_err();
        assert_eq!(error.to_string(), "line 2: `Stratum` cannot be `?`");
        assert_eq!(parse("").unwrap_err().message, "not a report of chronyc tracking: nothing");
    }
}
