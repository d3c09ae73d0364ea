//! Units of time and of frequency: neither travels as a bare number.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::reading::Interval;

/// A span of time, or a time since an epoch, in nanoseconds; sums stop at the ends of the range, some 292 years.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nanos(pub i64);

impl Nanos {
    /// A millionth of a second.
    pub const MICROSECOND: Self = Self(1_000);
    /// A thousandth of a second.
    pub const MILLISECOND: Self = Self(1_000_000);
    /// A second.
    pub const SECOND: Self = Self(1_000_000_000);

    /// The nearest whole nanosecond; nothing for what is no number.
    pub fn from_secs(seconds: f64) -> Option<Self> {
        Self::from_ns(seconds * 1e9)
    }

    /// The nearest whole nanosecond; nothing for what is no number.
    #[expect(clippy::cast_possible_truncation, reason = "a cast stops at the ends of the range")]
    pub fn from_ns(ns: f64) -> Option<Self> {
        ns.is_finite().then(|| Self(ns.round() as i64))
    }

    /// Seconds and the nanoseconds after them, as the kernel's `timespec` has them.
    pub const fn of_timespec(seconds: i64, nanoseconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }

    /// In seconds.
    pub fn secs(self) -> f64 {
        self.ns() / 1e9
    }

    /// As a floating-point number, exact below 104 days.
    #[expect(clippy::cast_precision_loss, reason = "53 bits of nanoseconds are 104 days")]
    pub fn ns(self) -> f64 {
        self.0 as f64
    }

    /// Its size.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Add for Nanos {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Nanos {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Nanos {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), Add::add)
    }
}

/// Four digits at most, in the largest unit that leaves one before the point.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.ns(), &TIMES, f64::INFINITY)
    }
}

const TIMES: [(f64, &str); 4] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];

/// The middle and the radius. The middle has more than four digits where fewer would be off by more than the radius.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.middle().ns(), &TIMES, self.radius().ns().max(1.0))?;
        write!(f, " ± {}", self.radius())
    }
}

/// `250us`, `1.5 ms`, `2s`, `1h`; a bare number is seconds.
impl FromStr for Nanos {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let units = [
            ("ns", 1.0),
            ("us", 1e3),
            ("µs", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("min", 6e10),
            ("m", 6e10),
            ("h", 3.6e12),
            ("", 1e9),
        ];
        let ns = number(text, &units).and_then(Self::from_ns);
        ns.ok_or_else(|| format!("{text} is no span of time, such as 250us, 1.5ms or 10s"))
    }
}

/// A relative frequency in parts per billion: nanoseconds gained in a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppb(pub f64);

impl fmt::Display for Ppb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scaled(f, self.0, &[(1e3, "ppm"), (1.0, "ppb")], f64::INFINITY)
    }
}

/// `0.01ppm`, `20 ppb`.
impl FromStr for Ppb {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = number(text, &[("ppb", 1.0), ("ppm", 1e3)]);
        found.map(Self).ok_or_else(|| format!("{text} is no frequency, such as 0.01ppm or 20ppb"))
    }
}

fn number(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, scale) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse().ok().map(|number: f64| number * scale).filter(|number| number.is_finite())
}

/// A value in one of its units, and rounded by less than this.
fn scaled(
    f: &mut fmt::Formatter<'_>,
    value: f64,
    units: &[(f64, &str)],
    finest: f64,
) -> fmt::Result {
    let last = units.len() - 1;
    // What rounds up to a thousand is one of the next unit.
    let unit = units.iter().position(|(scale, _)| value.abs() >= 0.9995 * scale).unwrap_or(last);
    let (scale, name) = units[unit];
    let value = value / scale;
    let digits = match value.abs() {
        size if unit == last && (size - size.round()).abs() < 1e-9 => 0,
        size if size >= 999.5 => 0,
        size if size >= 99.95 => 1,
        size if size >= 9.995 => 2,
        _ => 3,
    };
    let digits =
        (0..9).find(|digits| scale / 10_f64.powi(*digits) <= finest).unwrap_or(9).max(digits);
    // Zero has no sign.
    let value = if value.abs() * 10_f64.powi(digits) < 0.5 { 0.0 } else { value };
    let digits = usize::try_from(digits).unwrap_or_default();
    match f.sign_plus() {
        true => write!(f, "{value:+.digits$} {name}"),
        false => write!(f, "{value:.digits$} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_a_unit() {
        let shown = [-1_234_567, 490_000, 35, 0, 999_960, 12_345_678_901, 10_000_000_000_000];
        let words = shown.map(|ns| Nanos(ns).to_string());
        let expected = ["-1.235 ms", "490.0 µs", "35 ns", "0 ns", "1.000 ms", "12.35 s", "10000 s"];
        assert_eq!(words, expected);
        assert_eq!(format!("{:+} {:+}", Nanos(5), Ppb(-5880.1)), "+5 ns -5.880 ppm");
        assert_eq!(Ppb(56.5).to_string(), "56.50 ppb");
    }

    #[test]
    fn a_value_is_rounded_by_less_than_its_bound() {
        let shown =
            |middle, radius| format!("{:+}", Interval::around(Nanos(middle), Nanos(radius)));
        assert_eq!(shown(3_599_316_857_123, 2_001), "+3599.316857 s ± 2.001 µs");
        assert_eq!(shown(-1_234_567, 490_000), "-1.235 ms ± 490.0 µs");
        assert_eq!(shown(0, 50), "+0 ns ± 50 ns");
    }

    #[test]
    fn spans_and_frequencies_are_read_with_their_units() {
        let spans = ["250us", "1.5 ms", "2", "0.5s", "1h"].map(|text| text.parse());
        let expected = [250_000, 1_500_000, 2_000_000_000, 500_000_000, 3_600_000_000_000];
        assert_eq!(spans, expected.map(|ns| Ok(Nanos(ns))));
        assert_eq!("0.01ppm".parse(), Ok(Ppb(10.0)));
        assert!("5 parsecs".parse::<Nanos>().is_err() && "ms".parse::<Nanos>().is_err());
        assert!("5".parse::<Ppb>().is_err());
    }
}
