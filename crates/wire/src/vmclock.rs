//! The page of the vmclock device (Linux `include/uapi/linux/vmclock-abi.h`).
//!
//! Where the specification UAPI.13 and the header differ (flag bits from 7 on), the header is followed: Firecracker does so too.

use serde::{Deserialize, Serialize};

/// `VCLK`.
const MAGIC: u32 = 0x4b4c_4356;
/// What version 1 has.
pub const SIZE: usize = 0x70;

/// A consistent copy of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// 1: the CPU's TSC; 0xff: none, and then there is no time either.
    pub counter_id: u8,
    /// 0 UTC, 1 TAI, 2 monotonic.
    pub time_type: u8,
    /// Changes when the guest was migrated, restored or cloned.
    pub disruption_marker: u64,
    /// `VMCLOCK_FLAG_*`.
    pub flags: u64,
    /// 2 synchronised, 3 free running, 4 unreliable.
    pub clock_status: u8,
    /// TAI − UTC, seconds.
    pub tai_offset: i16,
    /// 1 and 2: a second will be inserted or deleted at the end of the month; 3: 23:59:60 is now.
    pub leap_indicator: u8,
    /// The counter's period is in units of 2^-(64 + shift) s.
    pub period_shift: u8,
    /// The counter at the time below.
    pub counter_value: u64,
    /// The period.
    pub period: u64,
    /// How wrong the period can be.
    pub period_max_error: u64,
    /// Seconds since 1970 (for UTC and TAI).
    pub time_sec: u64,
    /// The fraction of a second, in units of 2^-64 s.
    pub time_frac: u64,
    /// How wrong the time can be, ns.
    pub time_max_error: u64,
    /// Changes when the guest was cloned or restored.
    pub vm_generation: u64,
}

/// Why a page gives no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTime {
    /// Another file.
    #[error("it is no vmclock page of version 1")]
    Other,
    /// As QEMU and Firecracker leave it.
    #[error("the hypervisor tells of disruptions only and publishes no time")]
    NoCounter,
    /// Counter or time of a kind that cannot be used.
    #[error("{0}")]
    Unusable(&'static str),
}

/// Flags, by their bits.
const TAI_OFFSET_VALID: u64 = 1 << 0;
const PERIOD_MAXERROR_VALID: u64 = 1 << 4;
const TIME_MAXERROR_VALID: u64 = 1 << 6;

/// Reads a copy of the page.
///
/// # Errors
/// When it is something else.
pub fn parse(page: &[u8]) -> Result<Page, NoTime> {
    let u16 = |at| array(page, at).map(u16::from_le_bytes);
    let u32 = |at| array(page, at).map(u32::from_le_bytes);
    let u64 = |at| array(page, at).map(u64::from_le_bytes).ok_or(NoTime::Other);
    let u8 = |at| array(page, at).map(u8::from_le_bytes).ok_or(NoTime::Other);
    if (u32(0), u16(8)) != (Some(MAGIC), Some(1)) {
        return Err(NoTime::Other);
    }
    Ok(Page {
        counter_id: u8(0x0a)?,
        time_type: u8(0x0b)?,
        disruption_marker: u64(0x10)?,
        flags: u64(0x18)?,
        clock_status: u8(0x22)?,
        tai_offset: u16(0x24).ok_or(NoTime::Other)?.cast_signed(),
        leap_indicator: u8(0x26)?,
        period_shift: u8(0x27)?,
        counter_value: u64(0x28)?,
        period: u64(0x30)?,
        period_max_error: u64(0x40)?,
        time_sec: u64(0x48)?,
        time_frac: u64(0x50)?,
        time_max_error: u64(0x60)?,
        vm_generation: u64(0x68)?,
    })
}

fn array<const N: usize>(page: &[u8], at: usize) -> Option<[u8; N]> {
    page.get(at..)?.first_chunk().copied()
}

/// A time and its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// UTC, ns since 1970.
    pub utc: i64,
    /// How wrong it can be, ns; nothing if the hypervisor does not say.
    pub max_error: Option<i64>,
}

impl Page {
    /// The time when the counter says this.
    ///
    /// # Errors
    /// When the page has no time, or none that UTC follows from.
    pub fn time(&self, counter: u64) -> Result<Time, NoTime> {
        match (self.counter_id, self.clock_status) {
            (0xff, _) => return Err(NoTime::NoCounter),
            (1, 2 | 3) => {}
            (1, _) => return Err(NoTime::Unusable("its clock is initialising or unreliable")),
            _ => return Err(NoTime::Unusable("its counter is not the TSC")),
        }
        let tai = match self.time_type {
            0 => 0,
            1 if self.flags & TAI_OFFSET_VALID != 0 => i128::from(self.tai_offset),
            1 => return Err(NoTime::Unusable("it counts TAI and does not say what UTC is")),
            _ => return Err(NoTime::Unusable("it counts neither UTC nor TAI")),
        };
        // A counter that was read before the page was written is behind its value.
        let passed = i128::from(counter.wrapping_sub(self.counter_value).cast_signed());
        // T = time + (counter − counter_value) × period / 2^(64 + shift)
        let now = (i128::from(self.time_sec) - tai) * NS
            + scaled(i128::from(self.time_frac) * NS, 64)
            + self.span(passed, self.period);
        let grown = || self.span(passed.abs(), self.period_max_error);
        let valid = |flag| self.flags & flag != 0;
        let max_error = valid(TIME_MAXERROR_VALID).then(|| {
            let now = if valid(PERIOD_MAXERROR_VALID) { grown() } else { 0 };
            nanos(i128::from(self.time_max_error) + now)
        });
        Ok(Time { utc: nanos(now), max_error })
    }

    /// So many periods in ns.
    fn span(&self, count: i128, period: u64) -> i128 {
        // Below 2^64 periods of below 2^64 units; the nanoseconds are multiplied in after the first shift, so that it fits.
        let units = count.saturating_mul(i128::from(period)) >> self.period_shift.min(126);
        let whole = units >> 64;
        let rest = units & ((1 << 64) - 1);
        whole.saturating_mul(NS) + scaled(rest * NS, 64)
    }
}

const NS: i128 = 1_000_000_000;

fn scaled(value: i128, bits: u32) -> i128 {
    value >> bits
}

fn nanos(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TSC of 2 GHz that said 1000 at 1,700,000,000.5 s: a period of 2^-(64 + 8) s × 2^72 / 2·10⁹.
    fn page() -> Page {
        Page {
            counter_id: 1,
            time_type: 0,
            disruption_marker: 7,
            flags: TIME_MAXERROR_VALID | PERIOD_MAXERROR_VALID | TAI_OFFSET_VALID,
            clock_status: 2,
            tai_offset: 37,
            leap_indicator: 0,
            period_shift: 8,
            counter_value: 1000,
            period: 2_361_183_241_434,
            period_max_error: 2_361_183,
            time_sec: 1_700_000_000,
            time_frac: 1 << 63,
            time_max_error: 500,
            vm_generation: 0,
        }
    }

    #[test]
    fn time_goes_on_with_the_counter_and_so_does_its_error() {
        let half = 1_700_000_000_500_000_000;
        let at = |counter| page().time(counter).unwrap();
        assert_eq!(at(1000), Time { utc: half, max_error: Some(500) });
        // Two milliseconds, and one millionth of that.
        assert_eq!(at(4_001_000), Time { utc: half + 1_999_999, max_error: Some(501) });
        assert_eq!(at(0).utc, half - 500);
        let tai = Page { time_type: 1, ..page() };
        assert_eq!(tai.time(1000).unwrap().utc, half - 37_000_000_000);
    }

    #[test]
    fn a_page_without_time_says_so() {
        let none = Page { counter_id: 0xff, clock_status: 0, ..page() };
        assert_eq!(none.time(0), Err(NoTime::NoCounter));
        let tai = Page { time_type: 1, flags: 0, ..page() };
        assert!(matches!(tai.time(0), Err(NoTime::Unusable(_))));
        assert_eq!(parse(&[0; SIZE]), Err(NoTime::Other));
    }
}
