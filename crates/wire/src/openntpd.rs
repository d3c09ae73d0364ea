//! OpenNTPD, as `ntpctl -s status` prints it.

use serde::{Deserialize, Serialize};

use crate::duration::seconds;
use crate::text::ParseError;

/// What ntpd says of itself. Source: OpenNTPD `src/usr.sbin/ntpd/ntpd.c:show_status_msg`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenntpdStatus {
    /// Valid peers and all peers.
    pub peers: (u32, u32),
    /// Valid sensors and all sensors.
    pub sensors: (u32, u32),
    /// The stratum, when the clock is synced.
    pub stratum: Option<u32>,
    /// The offset that is still to be slewed away, seconds.
    pub offset: Option<f64>,
}

/// Reads the status; what follows its first lines in `ntpctl -s all` is left out.
///
/// # Errors
/// When the clock is neither synced nor unsynced; what ntpctl says instead is quoted.
pub fn parse(text: &str) -> Result<OpenntpdStatus, ParseError> {
    let mut status = OpenntpdStatus::default();
    let lines = text.trim_start().lines().take_while(|line| !line.trim().is_empty());
    let mut known = false;
    for item in lines.flat_map(|line| line.split(", ")).map(str::trim) {
        known |= matches!(item, "clock synced" | "clock unsynced");
        if let Some(count) = item.strip_suffix(" peers valid") {
            status.peers = share(count).unwrap_or_default();
        } else if let Some(count) = item.strip_suffix(" sensors valid") {
            status.sensors = share(count).unwrap_or_default();
        } else if let Some(stratum) = item.strip_prefix("stratum ") {
            status.stratum = stratum.parse().ok();
        } else if let Some(offset) = item.strip_prefix("clock offset is ") {
            status.offset = seconds(offset, "s");
        }
    }
    if known { Ok(status) } else { Err(ParseError::instead_of("a status of ntpctl", text)) }
}

/// `3/4`.
fn share(text: &str) -> Option<(u32, u32)> {
    let (valid, all) = text.split_once('/')?;
    Some((valid.parse().ok()?, all.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synced_clock_has_a_stratum() {
        let status = parse(include_str!("../tests/transcripts/openntpd/all.txt")).unwrap();
        assert_eq!((status.peers, status.sensors), ((4, 5), (1, 1)));
        assert_eq!((status.stratum, status.offset), (Some(3), None));
    }

    #[test]
    fn an_unsynced_clock_may_have_an_offset() {
        let status = parse(include_str!("../tests/transcripts/openntpd/unsynced.txt")).unwrap();
        assert_eq!((status.peers, status.stratum), ((0, 4), None));
        assert!((status.offset.unwrap() + 1.093_1).abs() < 1e-12);
        let none = "no peers and no sensors configured\nclock unsynced\n";
        assert_eq!(parse(none).unwrap(), OpenntpdStatus::default());
    }

    #[test]
    fn a_complaint_is_quoted() {
        let error = parse("ntpctl: connect: /var/run/ntpd.sock: No such file or directory\n");
        assert!(error.unwrap_err().message.ends_with("No such file or directory"));
    }
}
