//! sysctl(8) of the BSDs, which print `name: value`, `name = value` or `name=value`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::number;

/// The clock that the kernel reads, and those that it could.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timecounter {
    /// `kern.timecounter.hardware`.
    pub hardware: String,
    /// `kern.timecounter.choice`, names and qualities.
    pub choice: Vec<(String, i64)>,
}

impl Timecounter {
    /// The quality of one that is there; the kernel chooses none of negative quality by itself.
    pub fn quality(&self, name: impl Fn(&str) -> bool) -> Option<i64> {
        self.choice.iter().find(|(have, _)| name(have)).map(|(_, quality)| *quality)
    }
}

/// A sensor that compares the clock with another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeDelta {
    /// The device: `pvclock0`.
    pub device: String,
    /// The machine's clock minus the sensor's, seconds.
    pub seconds: f64,
}

/// The values by name.
pub fn values(text: &str) -> BTreeMap<&str, &str> {
    let pair = |line| {
        let (name, value) = str::split_once(line, [':', '='])?;
        Some((name.trim(), value.trim()))
    };
    text.lines().filter_map(pair).collect()
}

/// `sysctl kern.timecounter`; `None` when it does not name the clock in use.
pub fn timecounter(text: &str) -> Option<Timecounter> {
    let values = values(text);
    let hardware = (*values.get("kern.timecounter.hardware")?).to_owned();
    let choice = values.get("kern.timecounter.choice").copied().unwrap_or_default();
    Some(Timecounter { hardware, choice: choice.split(')').filter_map(one).collect() })
}

/// `HPET(950`, or NetBSD's `hpet0(q=2000, f=100000000 Hz`.
fn one(text: &str) -> Option<(String, i64)> {
    let (name, quality) = text.trim().split_once('(')?;
    let quality = quality.strip_prefix("q=").unwrap_or(quality).split(',').next()?;
    Some((name.to_owned(), quality.trim().parse().ok()?))
}

/// The tick rate in `sysctl kern.clockrate`: `{ hz = 100, tick = 10000, … }`.
pub fn hz(text: &str) -> Option<u32> {
    let words: Vec<&str> =
        text.split([' ', ',', '{', '}', '=', ':']).filter(|word| !word.is_empty()).collect();
    words.windows(2).find(|pair| pair[0] == "hz").and_then(|pair| pair[1].trim().parse().ok())
}

/// The sensors of time in OpenBSD's `sysctl hw.sensors`: `hw.sensors.pvclock0.timedelta0=0.001339 secs, OK, …`.
pub fn time_deltas(text: &str) -> Vec<TimeDelta> {
    let sensor = |(name, value): (&str, &str)| {
        let (device, which) = name.strip_prefix("hw.sensors.")?.split_once('.')?;
        let seconds = value.split_whitespace().next().and_then(number)?;
        which.starts_with("timedelta").then(|| TimeDelta { device: device.to_owned(), seconds })
    };
    values(text).into_iter().filter_map(sensor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_prints_its_own_way() {
        let freebsd = timecounter(include_str!("../tests/transcripts/sysctl/freebsd.txt")).unwrap();
        assert_eq!(freebsd.hardware, "HPET");
        assert_eq!(freebsd.quality(|name| name.starts_with("TSC")), Some(-100));
        let netbsd = timecounter(include_str!("../tests/transcripts/sysctl/netbsd.txt")).unwrap();
        assert_eq!(netbsd.hardware, "ACPI-Fast");
        assert_eq!(netbsd.quality(|name| name == "i8254"), Some(100));
        let openbsd = timecounter(include_str!("../tests/transcripts/sysctl/openbsd.txt")).unwrap();
        assert_eq!((openbsd.hardware.as_str(), openbsd.choice.len()), ("pvclock0", 4));
        assert_eq!(timecounter("kern.timecounter.tick=1\n"), None);
    }

    #[test]
    fn ticks_and_sensors() {
        assert_eq!(hz("kern.clockrate: { hz = 1000, tick = 1000, profhz = 8128 }\n"), Some(1000));
        assert_eq!(hz("kern.clockrate=tick = 10000, hz = 100, profhz = 100\n"), Some(100));
        let found = time_deltas(include_str!("../tests/transcripts/sysctl/openbsd.txt"));
        assert_eq!(found, [TimeDelta { device: "pvclock0".to_owned(), seconds: 0.001_339 }]);
    }
}
