//! systemd-timesyncd, as `timedatectl timesync-status` prints it.

use serde::{Deserialize, Serialize};

use crate::directives::Directive;
use crate::duration::seconds;
use crate::report::Report;
use crate::text::ParseError;

/// What timesyncd says of itself. Source: systemd `src/timedate/timedatectl.c:print_ntp_status_info`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TimesyncStatus {
    /// `Server`, without its parenthesis.
    pub server: Option<String>,
    /// `Stratum`.
    pub stratum: Option<u32>,
    /// `Offset`, seconds, positive when the server is ahead.
    pub offset: Option<f64>,
    /// `Root distance`, seconds.
    pub root_distance: Option<f64>,
    /// `Packet count`; 0 means that no server ever answered.
    pub packets: u64,
}

/// Reads the status; before the first packet only the server is known.
///
/// # Errors
/// Where a value is none; what timedatectl says instead, such as that there is no timesyncd, is quoted.
pub fn parse(text: &str) -> Result<TimesyncStatus, ParseError> {
    let report = Report::read(text);
    if !report.has("Server") {
        return Err(ParseError::instead_of("a report of timedatectl timesync-status", text));
    }
    let server = report.field("Server", |value| Some(plain(value)))?;
    Ok(TimesyncStatus {
        server: Some(server.to_owned()).filter(|server| server != "n/a"),
        stratum: report.optional("Stratum", |value| value.parse().ok())?,
        offset: report.optional("Offset", |value| seconds(value, "s"))?,
        root_distance: report.optional("Root distance", |value| seconds(plain(value), "s"))?,
        packets: report.optional("Packet count", |value| value.parse().ok())?.unwrap_or(0),
    })
}

/// Reads one file of timesyncd.conf(5): each assignment in `[Time]` as a directive whose arguments are its words.
pub fn conf(text: &str, path: &str) -> Vec<Directive> {
    let mut section = "";
    let mut all = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if section == "Time"
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            let words = std::iter::once(key.trim_end()).chain(value.split_whitespace());
            all.extend(Directive::new(words.map(str::to_owned), path, index));
        }
    }
    all
}

/// A value without the name or limit that follows it in parentheses.
fn plain(value: &str) -> &str {
    value.split(" (").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_in_seconds() {
        let text = include_str!("../tests/transcripts/timesync/synchronised.txt");
        let status = parse(text).unwrap();
        assert_eq!(status.server.as_deref(), Some("192.0.2.1"));
        assert_eq!((status.stratum, status.packets), (Some(2), 17));
        assert!((status.offset.unwrap() + 5.086e-3).abs() < 1e-12);
        assert!((status.root_distance.unwrap() - 38.803e-3).abs() < 1e-12);
        let far = text.replace("-5.086ms", "+1min 4.500000s");
        assert!((parse(&far).unwrap().offset.unwrap() - 64.5).abs() < 1e-9);
    }

    #[test]
    fn without_an_answer_little_is_known() {
        let status = parse(include_str!("../tests/transcripts/timesync/unanswered.txt")).unwrap();
        assert_eq!(status, TimesyncStatus::default());
    }

    #[test]
    fn assignments_of_one_section_are_read() {
        let text = include_str!("../tests/transcripts/timesync_conf/debian.conf");
        let conf = conf(text, "/etc/systemd/timesyncd.conf");
        let names: Vec<_> = conf.iter().map(|line| (line.name.as_str(), line.line)).collect();
        assert_eq!(names, [("NTP", 11), ("FallbackNTP", 12)]);
        assert_eq!(conf[0].args, ["ntp1.example.net", "ntp2.example.net"]);
    }

    #[test]
    fn complaints_and_nonsense_are_errors() {
        let error = parse("Failed to query server: Connection timed out\n").unwrap_err();
        assert!(error.message.ends_with("Failed to query server: Connection timed out"));
        assert_eq!(parse("Server: a (b)\nStratum: many\n").unwrap_err().line, 2);
    }
}
