//! `chronyc -n sources`.

use serde::{Deserialize, Serialize};

/// One line of the table. Source: chrony `client.c:process_cmd_sources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// `^` server, `=` peer, `#` local reference clock.
    pub mode: char,
    /// `*` selected, `+` combined, `-` not combined, `x` falseticker, `~` too variable, `?` unusable.
    pub state: char,
    /// Name, address, or the refid of a reference clock.
    pub name: String,
    /// Stratum of the source.
    pub stratum: u32,
    /// The last eight polls, newest lowest; 0 means that nothing arrived.
    pub reach: u8,
    /// Offset of the last sample in seconds, and the bound of its error.
    pub last_sample: Option<(f64, f64)>,
}
