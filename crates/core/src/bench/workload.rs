//! What another clocksource would change for a program, from how often it reads clocks and what a read costs.

use serde::{Deserialize, Serialize};

use super::{Compared, Interval, Path, Table};

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
    /// Change of its processor time, percent; positive is slower. What was counted has no spread.
    pub percent: Interval,
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
    let value = if cpu_s > 0.0 { more_ns / (cpu_s * 1e9) * 100.0 } else { 0.0 };
    prediction(from, to, Interval { value, low: value, high: value }, reads)
}

fn prediction(from: &Table, to: &Table, percent: Interval, reads: Vec<Paid>) -> Prediction {
    let (from, to) = (from.clocksource.clone(), to.clocksource.clone());
    let measurable = percent.low.abs().min(percent.high.abs()) >= MEASURABLE;
    Prediction { from, to, percent, measurable, reads }
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
    pub fn interval(self) -> Interval {
        const Z: f64 = 1.96;
        let (n, k) = (self.samples as f64, self.inside as f64);
        if self.samples == 0 {
            return Interval { value: 0.0, low: 0.0, high: 1.0 };
        }
        let value = k / n;
        let middle = (value + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let spread = value * (1.0 - value) / n + Z * Z / (4.0 * n * n);
        let half = Z / (1.0 + Z * Z / n) * spread.sqrt();
        Interval { value, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }
}

/// The clock that reads are taken to be of where only the time that they take is known: what most programs read costs as much.
const USUAL: &str = "MONOTONIC";

/// The same from a share of the time.
///
/// `change = share × (then / now − 1)`
pub fn predict_share(share: Share, from: &Table, to: &Table) -> Option<Prediction> {
    let ns = |table: &Table| table.cost(USUAL, Path::Library).map(|cost| cost.ns.p50);
    let percent = (ns(to)? / ns(from)? - 1.0) * 100.0;
    let Interval { value, low, high } = share.interval();
    let ends = [low * percent, high * percent];
    let percent =
        Interval { value: value * percent, low: ends[0].min(ends[1]), high: ends[0].max(ends[1]) };
    Some(prediction(from, to, percent, Vec::new()))
}

/// How often a program reads clocks, and what follows from that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Workload {
    /// The command, or the process.
    pub program: String,
    /// The clocksource it ran with.
    pub clocksource: String,
    /// How long it ran, or was watched, seconds.
    pub wall_s: f64,
    /// What it took of the processors, seconds; of a process that was watched, in user mode and without what was started later.
    pub cpu_s: f64,
    /// What it called, where that was counted.
    pub calls: Vec<Calls>,
    /// Where it was, when that was looked at instead.
    pub sampled: Option<Share>,
    /// Reads a second of wall time.
    pub reads_per_s: Interval,
    /// Share of its processor time that reading clocks takes.
    pub share: Interval,
    /// What other clocksources would change.
    pub predictions: Vec<Prediction>,
    /// What was not seen.
    pub notes: Vec<String>,
}

/// What is known of a program before it is judged.
#[derive(Debug, Clone)]
pub struct Observed {
    /// As in [`Workload`].
    pub program: String,
    /// As in [`Workload`].
    pub wall_s: f64,
    /// As in [`Workload`].
    pub cpu_s: f64,
    /// Calls, or where it was.
    pub seen: Seen,
    /// As in [`Workload`].
    pub notes: Vec<String>,
}

/// How a program's reads were seen.
#[derive(Debug, Clone)]
pub enum Seen {
    /// Each was counted.
    Counted(Vec<Calls>),
    /// It was looked where the program is.
    Sampled(Share),
}

/// What follows for a program that ran with the first table's clocksource.
pub fn judge(observed: Observed, tables: &[Table]) -> Option<Workload> {
    let (own, others) = tables.split_first()?;
    let Observed { program, wall_s, cpu_s, seen, notes } = observed;
    let (calls, sampled, share, reads) = match seen {
        Seen::Counted(calls) => {
            let ns = |calls: &Calls| Some(own.cost(&calls.clock, Path::Library)?.ns.p50);
            let spent_ns: f64 = calls.iter().filter_map(|c| Some(c.count as f64 * ns(c)?)).sum();
            let value = if cpu_s > 0.0 { spent_ns / (cpu_s * 1e9) } else { 0.0 };
            let count = calls.iter().map(|calls| calls.count as f64).sum();
            let exact = |value| Interval { value, low: value, high: value };
            (calls, None, exact(value), exact(count))
        }
        Seen::Sampled(share) => {
            let each_ns = own.cost(USUAL, Path::Library)?.ns.p50;
            let (interval, reads) = (share.interval(), cpu_s * 1e9 / each_ns);
            (Vec::new(), Some(share), interval, interval.times(reads))
        }
    };
    let predict = |other| match sampled {
        None => Some(predict(&calls, cpu_s, own, other)),
        Some(share) => predict_share(share, own, other),
    };
    Some(Workload {
        predictions: others.iter().filter_map(predict).collect(),
        clocksource: own.clocksource.clone(),
        reads_per_s: reads.times(1.0 / wall_s),
        program,
        wall_s,
        cpu_s,
        calls,
        sampled,
        share,
        notes,
    })
}

impl Interval {
    fn times(self, factor: f64) -> Self {
        let Self { value, low, high } = self;
        Self { value: value * factor, low: low * factor, high: high * factor }
    }
}

/// A benchmark of whole programs, run in turns with two clocksources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// What was run.
    pub command: String,
    /// The machine's own clocksource.
    pub from: String,
    /// The other.
    pub to: String,
    /// Reads of clocks in each of its events.
    pub reads_per_event: f64,
    /// Events a second, round by round: with the first, with the other, with the first again.
    pub rates: [Vec<f64>; 3],
    /// What the reads say: change of the time of an event, percent.
    pub predicted_percent: f64,
    /// What the runs say of the time of an event.
    pub measured: Compared,
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
        assert!((rare.percent.value - 0.0042).abs() < 1e-6 && !rare.measurable, "{rare:?}");
        let often = predict(&calls(23_600_000), 1.0, &tsc, &kvm);
        assert!((often.percent.value - 6.608).abs() < 1e-6 && often.measurable, "{often:?}");
        let back = predict(&calls(23_600_000), 1.0, &kvm, &tsc);
        assert!(back.percent.value < -6.0);
    }

    #[test]
    fn a_clock_that_no_table_has_changes_nothing() {
        let calls = [Calls { clock: "SGI_CYCLE".to_owned(), count: 1_000_000_000 }];
        let predicted = predict(&calls, 1.0, &table("tsc", 20.5), &table("hpet", 900.0));
        assert_eq!((predicted.percent.value, predicted.reads.len()), (0.0, 0));
    }

    #[test]
    fn no_sample_inside_still_leaves_a_most() {
        let Interval { value, low, high } = Share { samples: 10_000, inside: 0 }.interval();
        assert_eq!((value, low), (0.0, 0.0));
        // The rule of three gives 0.0003, Wilson's limit is a little wider.
        assert!((0.0003..0.0005).contains(&high), "{high}");
        assert!(Share { samples: 0, inside: 0 }.interval().high > 0.99);
    }

    #[test]
    fn a_share_of_the_time_grows_as_a_read_does() {
        let half = Share { samples: 10_000, inside: 5_000 };
        let (tsc, kvm) = (table("tsc", 20.0), table("kvm-clock", 23.0));
        let predicted = predict_share(half, &tsc, &kvm).unwrap();
        let Interval { value, low, high } = predicted.percent;
        assert!((value - 7.5).abs() < 1e-9 && predicted.measurable);
        assert!(low < 7.5 && 7.5 < high && high - low < 0.4);
        let back = predict_share(half, &kvm, &tsc).unwrap().percent;
        assert!(back.low < back.value && back.value < back.high && back.high < 0.0);
    }

    #[test]
    fn what_is_seen_of_a_program_gives_its_reads_a_second() {
        let tables = [table("tsc", 20.0), table("kvm-clock", 23.0)];
        let observed = |seen| Observed {
            program: "x".to_owned(),
            wall_s: 2.0,
            cpu_s: 1.0,
            seen,
            notes: vec![],
        };
        let calls = vec![Calls { clock: "MONOTONIC".to_owned(), count: 10_000_000 }];
        let counted = judge(observed(Seen::Counted(calls)), &tables).unwrap();
        assert!((counted.reads_per_s.value - 5e6).abs() < 1.0);
        assert!((counted.share.value - 0.2).abs() < 1e-9);
        assert!((counted.predictions[0].percent.value - 3.0).abs() < 1e-9);
        // A fifth of the samples is in the vDSO: the same program, seen from outside.
        let share = Share { samples: 1000, inside: 200 };
        let sampled = judge(observed(Seen::Sampled(share)), &tables).unwrap();
        assert!((sampled.reads_per_s.value - 5e6).abs() < 1.0);
        assert!((sampled.predictions[0].percent.value - 3.0).abs() < 1e-9);
    }
}
