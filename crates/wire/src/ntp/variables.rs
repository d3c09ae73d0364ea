//! `ntpq -c rv`: ntpd's system variables.

use serde::{Deserialize, Serialize};

use crate::text::{ParseError, number};

/// What ntpd says of the system clock. Source: ntp.org `ntpq.html`, system variables; all times are in milliseconds there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variables {
    /// Whether `leap` is anything but 11 (3), not synchronised.
    pub synchronised: bool,
    /// `offset`, seconds, positive when the system clock is behind.
    pub offset: f64,
    /// `rootdelay`, seconds.
    pub root_delay: f64,
    /// `rootdisp`, seconds.
    pub root_dispersion: f64,
}

impl Variables {
    /// The bound of the clock's error that NTP gives, in seconds (RFC 5905, root distance).
    pub fn root_distance(&self) -> f64 {
        self.root_dispersion + self.root_delay / 2.0
    }
}

/// Reads the list of ntpq 4.2 or ntpsec.
///
/// # Errors
/// When a variable is missing or holds no number; what ntpq says instead, such as `Connection refused`, is quoted.
pub fn parse(text: &str) -> Result<Variables, ParseError> {
    if value(text, "leap").is_none() {
        return Err(ParseError::instead_of("a list of ntpq -c rv", text));
    }
    let milliseconds = |name| {
        let found = value(text, name).and_then(number).map(|number| number / 1e3);
        found.ok_or_else(|| ParseError::new(1, format!("no number `{name}`")))
    };
    Ok(Variables {
        // ntpq prints two bits, ntpsec's without leading zero in raw mode.
        synchronised: !matches!(value(text, "leap"), Some("11" | "3")),
        offset: milliseconds("offset")?,
        root_delay: milliseconds("rootdelay")?,
        root_dispersion: milliseconds("rootdisp")?,
    })
}

/// The value of `name=value`; names stand at the start of a line or behind a comma, and no text in quotes looks so.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut items = text.lines().flat_map(|line| line.split(',')).map(str::trim);
    let value = items.find_map(|item| item.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_milliseconds() {
        let read = parse(include_str!("../../tests/transcripts/ntp_variables/4.2.txt")).unwrap();
        assert!(read.synchronised);
        assert!((read.offset + 0.000_273).abs() < 1e-12);
        assert!((read.root_distance() - (0.012_345 + 0.001_234 / 2.0)).abs() < 1e-12);
    }

    #[test]
    fn complaints_are_quoted_and_what_is_missing_is_named() {
        let error = parse("ntpq: read: Connection refused\n").unwrap_err();
        assert!(error.message.ends_with("Connection refused"));
        assert_eq!(parse("leap=00, offset=x").unwrap_err().message, "no number `offset`");
        assert!(!parse("leap=11,offset=0,rootdelay=0,rootdisp=0").unwrap().synchronised);
    }
}
