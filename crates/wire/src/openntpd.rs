//! OpenNTPD, as `ntpctl -s status` prints it.

use serde::{Deserialize, Serialize};

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
/// STUB
pub fn parse(_: &str) -> Result<OpenntpdStatus, crate::text::ParseError> {
    Ok(Default::default())
}
