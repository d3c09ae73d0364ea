//! The kernel's clock discipline, adjtimex(2).

use serde::{Deserialize, Serialize};

/// `struct timex` (adjtimex(2)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timex {
    /// `STA_*` bits; 0x40 is `STA_UNSYNC`.
    pub status: i32,
    /// The clock state returned: 0 `TIME_OK` … 5 `TIME_ERROR`.
    pub state: i32,
    /// Offset still to be corrected, nanoseconds.
    pub offset_ns: i64,
    /// Frequency offset in units of 2^-16 ppm.
    pub freq: i64,
    /// Maximum error, microseconds; the kernel lets it grow by 500 ppm while nobody disciplines the clock.
    pub maxerror_us: i64,
    /// Estimated error, microseconds.
    pub esterror_us: i64,
    /// TAI − UTC, seconds; 0 when nobody told the kernel.
    pub tai: i32,
}

impl Timex {
    /// The kernel's own flag: somebody disciplines this clock.
    pub fn synchronised(&self) -> bool {
        // STA_UNSYNC, include/uapi/linux/timex.h
        self.status & 0x40 == 0
    }
}
