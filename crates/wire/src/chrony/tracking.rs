//! `chronyc -n tracking`.

use serde::{Deserialize, Serialize};

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
        self.leap != "Not synchronised"
            && self.reference_id != "00000000"
            && self.reference_id != "7F7F0101"
    }

    /// The bound of the clock's error that NTP gives, in seconds: root dispersion + half the root delay (RFC 5905, root distance).
    pub fn root_distance(&self) -> f64 {
        self.root_dispersion + self.root_delay / 2.0
    }
}
