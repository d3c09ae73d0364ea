//! `ntpq -pn`.

use serde::{Deserialize, Serialize};

/// One line of the table.
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
/// STUB
pub fn parse(_: &str) -> Result<Vec<Peer>, crate::text::ParseError> {
    Ok(Default::default())
}
