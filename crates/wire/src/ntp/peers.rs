//! `ntpq -pn`.

use serde::{Deserialize, Serialize};

use crate::duration::seconds;
use crate::text::ParseError;

/// One line of the table. Source: ntpsec `pylib/util.py:PeerSummary`, ntp `ntpq/ntpq-subs.c:doprintpeers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// ` x.-+#*o`: `*` is the one followed, `o` the same through a pulse per second.
    pub tally: char,
    /// Address.
    pub remote: String,
    /// Reference id.
    pub refid: String,
    /// Stratum.
    pub stratum: u32,
    /// The last eight polls.
    pub reach: u8,
    /// Offset in seconds, positive when the peer is ahead.
    pub offset: f64,
    /// Jitter in seconds.
    pub jitter: f64,
}

/// Reads the table of ntpq 4.2 or ntpsec, with or without units, narrow or wide.
///
/// # Errors
/// Where a line is none of the table; what ntpq says instead, such as `Connection refused`, is quoted.
pub fn parse(text: &str) -> Result<Vec<Peer>, ParseError> {
    let mut lines = text.lines().enumerate();
    if !lines.any(|(_, line)| line.starts_with("====")) {
        if text.contains("No association ID") {
            return Ok(Vec::new());
        }
        return Err(ParseError::instead_of("a table of ntpq -p", text));
    }
    let mut peers = Vec::new();
    let mut wide = None;
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        // `-w` gives a long address a line of its own.
        if wide.is_none() && line.split_whitespace().count() == 1 {
            wide = Some(line);
            continue;
        }
        let read = match wide.take() {
            Some(start) => peer(&format!("{} {line}", start.trim_end())),
            None => peer(line),
        };
        let error = || ParseError::new(index + 1, format!("no line of the table: {line}"));
        peers.push(read.ok_or_else(error)?);
    }
    Ok(peers)
}

/// `*192.0.2.1   .GPS.   1 u   31   64  377   27.764   -0.021   0.135`, widths vary.
fn peer(line: &str) -> Option<Peer> {
    let mut characters = line.chars();
    let tally = characters.next().filter(|tally| " x.-+#*o".contains(*tally))?;
    let words: Vec<&str> = characters.as_str().split_whitespace().collect();
    let [remote, refid, stratum, _type, _when, _poll, reach, _delay, offset, jitter] = words[..]
    else {
        return None;
    };
    Some(Peer {
        tally,
        remote: remote.to_owned(),
        refid: refid.to_owned(),
        stratum: stratum.parse().ok()?,
        reach: u8::from_str_radix(reach, 8).ok()?,
        offset: seconds(offset, "ms")?,
        jitter: seconds(jitter, "ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn the_classic_table_is_in_milliseconds() {
        let peers = parse(include_str!("../../tests/transcripts/ntp_peers/4.2.txt")).unwrap();
        assert_eq!(peers.len(), 4);
        assert_eq!(
            (peers[0].tally, peers[0].refid.as_str(), peers[0].stratum),
            (' ', ".POOL.", 16)
        );
        let followed = &peers[2];
        assert_eq!(
            (followed.tally, followed.remote.as_str(), followed.reach),
            ('*', "192.0.2.2", 0o377)
        );
        assert!(close(followed.offset, -0.044_274) && close(followed.jitter, 0.110_334));
    }

    #[test]
    fn units_and_wide_addresses_of_ntpsec_are_read() {
        let peers = parse(include_str!("../../tests/transcripts/ntp_peers/ntpsec-uw.txt")).unwrap();
        assert_eq!(peers[1].remote, "2001:db8:4:106:1111:2222:3333:123");
        assert!(close(peers[1].offset, -82.4e-6) && close(peers[0].offset, 1.24));
    }

    #[test]
    fn no_peers_are_an_empty_table_and_complaints_errors() {
        assert_eq!(parse("No association ID's returned\n").unwrap(), []);
        let error = parse("ntpq: read: Connection refused\n").unwrap_err();
        assert_eq!(error.message, "not a table of ntpq -p: ntpq: read: Connection refused");
        assert_eq!(parse("====\n*a b c\n").unwrap_err().line, 2);
    }
}
