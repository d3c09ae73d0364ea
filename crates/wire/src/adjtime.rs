//! `/etc/adjtime`, the state of hwclock(8).

use serde::{Deserialize, Serialize};

/// The time scale in which the RTC is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RtcScale {
    /// Coordinated universal time.
    Utc,
    /// The machine's local time.
    Local,
}

/// The third line; a file without one means UTC. Source: util-linux `sys-utils/hwclock.c:read_adjtime`.
pub fn parse(text: &str) -> RtcScale {
    match text.lines().nth(2).map(str::trim) {
        Some("LOCAL") => RtcScale::Local,
        _ => RtcScale::Utc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_line_decides() {
        assert_eq!(parse("0.0 0 0.0\n0\nLOCAL\n"), RtcScale::Local);
        assert_eq!(parse("0.0 0 0.0\n0\nUTC\n"), RtcScale::Utc);
        assert_eq!(parse(""), RtcScale::Utc);
    }
}
