//! The real-time clock.

use kvmtime_wire::adjtime::RtcScale;
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Unknown};

/// The real-time clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rtc {
    /// `/sys/class/rtc/rtc0/name`.
    pub device: Fact<String>,
    /// `/sys/class/rtc/rtc0/since_epoch` minus the system clock, whole seconds, good to ±1 s.
    pub minus_system_seconds: Fact<i64>,
    /// `/etc/adjtime`.
    pub scale: Fact<RtcScale>,
    /// Offset of the machine's zone from UTC now, seconds.
    pub zone_offset_seconds: Fact<i64>,
    /// The machine's zone, such as `Europe/Berlin`.
    pub zone: Fact<String>,
}

impl Rtc {
    /// RTC minus system clock, seconds, with the RTC's own time scale taken into account.
    ///
    /// # Errors
    /// Which of them is not known.
    pub fn error_seconds(&self) -> Result<i64, Unknown> {
        let difference = *self.minus_system_seconds.get()?;
        match self.scale.optional()? {
            Some(RtcScale::Local) => Ok(difference - self.zone_offset_seconds.get()?),
            // hwclock(8): without /etc/adjtime the RTC keeps UTC.
            Some(RtcScale::Utc) | None => Ok(difference),
        }
    }
}
