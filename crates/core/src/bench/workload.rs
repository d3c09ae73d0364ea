//! What another clocksource would change for a program, from how often it reads clocks and what a read costs.

use serde::{Deserialize, Serialize};

use super::{Path, Table};

/// How often a program called one function of the vDSO for one clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// As in [`super::Cost::clock`].
    pub clock: String,
    /// How often.
    pub count: u64,
}

/// What a program's reads of a clock cost it with one clocksource and with another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paid {
    /// Which clock.
    pub clock: String,
    /// How often.
    pub count: u64,
    /// Nanoseconds a read, with the one.
    pub now_ns: f64,
    /// Nanoseconds a read, with the other.
    pub then_ns: f64,
}

/// What another clocksource would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The clocksource it ran with.
    pub from: String,
    /// The other.
    pub to: String,
    /// Change of its processor time, percent; positive is slower.
    pub percent: f64,
    /// Whether a run of the program could show it.
    pub measurable: bool,
    /// What it is made of.
    pub reads: Vec<Paid>,
}

/// Ten paired runs of a calm program on a calm machine have been seen to differ from themselves by so much, percent.
const MEASURABLE: f64 = 0.5;

/// The clocks whose cost is known in both tables; a read changes by the difference of its two costs.
///
/// `change = Σ count × (then − now) / processor time`
pub fn predict(calls: &[Calls], cpu_s: f64, from: &Table, to: &Table) -> Prediction {
    let paid = |calls: &Calls| {
        let ns = |table: &Table| table.cost(&calls.clock, Path::Library).map(|cost| cost.ns.p50);
        let (now_ns, then_ns) = (ns(from)?, ns(to)?);
        Some(Paid { clock: calls.clock.clone(), count: calls.count, now_ns, then_ns })
    };
    let reads: Vec<Paid> = calls.iter().filter_map(paid).collect();
    let more_ns: f64 = reads.iter().map(|r| r.count as f64 * (r.then_ns - r.now_ns)).sum();
    let percent = if cpu_s > 0.0 { more_ns / (cpu_s * 1e9) * 100.0 } else { 0.0 };
    prediction(from, to, percent, reads)
}

fn prediction(from: &Table, to: &Table, percent: f64, reads: Vec<Paid>) -> Prediction {
    let (from, to) = (from.clocksource.clone(), to.clocksource.clone());
    Prediction { from, to, percent, measurable: percent.abs() >= MEASURABLE, reads }
}

/// The share of a program's processor time that is spent in the vDSO, from samples of where it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Samples in all.
    pub samples: u64,
    /// Samples in the vDSO.
    pub inside: u64,
}

impl Share {
    /// The share and its 95 % limits (Wilson 1927), which hold for no sample inside as well.
    pub fn limits(&self) -> (f64, f64, f64) {
        const Z: f64 = 1.96;
        let (n, k) = (self.samples as f64, self.inside as f64);
        if self.samples == 0 {
            return (0.0, 0.0, 1.0);
        }
        let share = k / n;
        let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half =
            Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        (share, (middle - half).max(0.0), (middle + half).min(1.0))
    }
}

/// The same from a share of the time: reads are taken to be of `CLOCK_MONOTONIC`, the dearest that programs usually make.
///
/// `change = share × (then / now − 1)`; at most and at least by the limits of the share.
pub fn predict_share(share: Share, from: &Table, to: &Table) -> Option<(Prediction, f64, f64)> {
    let ns = |table: &Table| table.cost("MONOTONIC", Path::Library).map(|cost| cost.ns.p50);
    let factor = ns(to)? / ns(from)? - 1.0;
    let (share, low, high) = share.limits();
    let percent = |share: f64| share * factor * 100.0;
    let mut predicted = prediction(from, to, percent(share), Vec::new());
    predicted.measurable = percent(low).abs() >= MEASURABLE;
    Some((predicted, percent(low), percent(high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Cost, Sample};

    fn table(clocksource: &str, ns: f64) -> Table {
        let cost = Cost {
            clock: "MONOTONIC".to_owned(),
            path: Path::Library,
            ns: Sample::of(&[ns]),
            rounds: vec![ns],
            vdso: None,
        };
        Table {
            clocksource: clocksource.to_owned(),
            reads: vec![cost],
            steps: vec![],
            threads: vec![],
            orders: vec![],
        }
    }

    #[test]
    fn the_change_is_the_calls_times_what_each_costs_more() {
        let calls = |count| vec![Calls { clock: "MONOTONIC".to_owned(), count }];
        let (tsc, kvm) = (table("tsc", 20.5), table("kvm-clock", 23.3));
        // 3 reads an event, 5000 events a second: 15,000 × 2.8 ns = 42 µs a second.
        let rare = predict(&calls(15_000), 1.0, &tsc, &kvm);
        assert!((rare.percent - 0.0042).abs() < 1e-6 && !rare.measurable, "{rare:?}");
        let often = predict(&calls(23_600_000), 1.0, &tsc, &kvm);
        assert!((often.percent - 6.608).abs() < 1e-6 && often.measurable, "{often:?}");
        let back = predict(&calls(23_600_000), 1.0, &kvm, &tsc);
        assert!(back.percent < -6.0);
    }

    #[test]
    fn a_clock_that_no_table_has_changes_nothing() {
        let calls = [Calls { clock: "SGI_CYCLE".to_owned(), count: 1_000_000_000 }];
        let predicted = predict(&calls, 1.0, &table("tsc", 20.5), &table("hpet", 900.0));
        assert_eq!((predicted.percent, predicted.reads.len()), (0.0, 0));
    }

    #[test]
    fn no_sample_inside_still_leaves_a_most() {
        let (share, low, high) = Share { samples: 10_000, inside: 0 }.limits();
        assert_eq!((share, low), (0.0, 0.0));
        // The rule of three gives 0.0003, Wilson's limit is a little wider.
        assert!((0.0003..0.0005).contains(&high), "{high}");
        assert_eq!(Share { samples: 0, inside: 0 }.limits(), (0.0, 0.0, 1.0));
    }

    #[test]
    fn a_share_of_the_time_grows_as_a_read_does() {
        let half = Share { samples: 10_000, inside: 5_000 };
        let (predicted, low, high) =
            predict_share(half, &table("tsc", 20.0), &table("kvm-clock", 23.0)).unwrap();
        assert!((predicted.percent - 7.5).abs() < 1e-9 && predicted.measurable);
        assert!(low < 7.5 && 7.5 < high && high - low < 0.4);
    }
}
