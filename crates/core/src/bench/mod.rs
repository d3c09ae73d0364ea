//! What reading clocks costs: the document that `kvmtime bench` makes, and what may be concluded from it.

mod change;
mod paired;
mod sample;
mod workload;

use serde::{Deserialize, Serialize};

pub use change::{Change, Moved, changes};
pub use paired::{Compared, Dice, Interval, Verdict, compare, median};
pub use sample::Sample;
pub use workload::{
    Calls, Observed, Paid, Prediction, Seen, Share, Trial, Workload, judge, predict, predict_share,
};

/// The schema of [`Bench`].
pub const SCHEMA: &str = "kvmtime.bench/1";

/// One run of `kvmtime bench`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bench {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of kvmtime.
    pub version: String,
    /// Where it was measured.
    pub machine: Machine,
    /// What else went on there.
    pub conditions: Conditions,
    /// The processor's counter, which everything is timed with.
    pub counter: Counter,
    /// One for each clocksource, the machine's own first.
    pub tables: Vec<Table>,
    /// The other clocksources against the machine's own.
    pub comparisons: Vec<Comparison>,
    /// Clocks that this machine cannot read, which are therefore not timed.
    pub failed: Vec<Failed>,
    /// How late a sleeping thread wakes.
    pub wakeups: Vec<Wakeup>,
    /// Wall time of the whole run, seconds.
    pub took_s: f64,
}

/// Where it was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many processors this program may use.
    pub cpus: usize,
    /// The kernel's release.
    pub kernel: String,
    /// The hypervisor's signature in CPUID.
    pub hypervisor: Option<String>,
    /// The clocksource that the machine is on.
    pub clocksource: String,
    /// Those on offer.
    pub available: Vec<String>,
}

/// What else went on while it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Load average of the last minute, at the end.
    pub load: f64,
    /// Time that the hypervisor took from all processors, by `/proc/stat`, seconds.
    pub steal_s: f64,
    /// Time that the measuring thread was ready and had to wait, by `/proc/thread-self/schedstat`, seconds.
    pub waited_s: f64,
}

/// The processor's counter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    /// `tsc`, `cntvct_el0`, or none where `CLOCK_MONOTONIC_RAW` stands in.
    pub name: Option<String>,
    /// Counts a second, against `CLOCK_MONOTONIC_RAW`.
    pub hz: f64,
}

/// What was measured with one clocksource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub clocksource: String,
    /// The cost of a read, each clock by each way.
    pub reads: Vec<Cost>,
    /// The smallest steps.
    pub steps: Vec<Step>,
    /// Several threads reading at once.
    pub threads: Vec<Threads>,
    /// Reads on two processors in turns.
    pub orders: Vec<Order>,
}

/// How a clock is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// An instruction of the processor.
    Counter,
    /// A function of the C library, which takes the vDSO where it can.
    Library,
    /// A system call.
    SystemCall,
}

/// The cost of a read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Which clock: a name of clock_gettime(2) without `CLOCK_`, a function, or an instruction.
    pub clock: String,
    /// How it was read.
    pub path: Path,
    /// Means of batches, nanoseconds a read.
    #[serde(flatten)]
    pub ns: Sample,
    /// The median of each round, nanoseconds.
    pub rounds: Vec<f64>,
    /// Whether it goes through the vDSO alone; unknown for anything but the C library's functions.
    pub vdso: Option<Vdso>,
}

/// What shows whether a function stays in the vDSO.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vdso {
    /// Reads that failed where reading system calls were forbidden, of how many; none where that could not be tried.
    pub refused: Option<(u32, u32)>,
    /// Its cost over that of the system call.
    pub ratio: Option<f64>,
}

impl Vdso {
    /// A fallback costs what the system call costs, within noise: 1.06 to 1.15 of it was measured; the vDSO 0.13.
    const FALLBACK: f64 = 0.8;

    /// The trial decides; the cost only where there was none.
    pub fn is_used(&self) -> Option<bool> {
        match self.refused {
            Some((refused, _)) => Some(refused == 0),
            None => self.ratio.map(|ratio| ratio < Self::FALLBACK),
        }
    }
}

/// The smallest step of a clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which clock.
    pub clock: String,
    /// The smallest difference other than none between two reads in a row, nanoseconds; none where it stood still.
    pub step_ns: Option<f64>,
    /// What the kernel says, nanoseconds; none for a counter.
    pub resolution_ns: Option<i64>,
    /// How many pairs of reads were compared.
    pub pairs: u64,
    /// Pairs that read the same.
    pub same: u64,
    /// Pairs of which the second was behind the first.
    pub backward: u64,
}

/// Several threads reading at once, each on its own processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threads {
    /// Which clock.
    pub clock: String,
    /// How many.
    pub threads: usize,
    /// Median of all threads' batches, nanoseconds a read.
    pub ns: f64,
}

/// Two threads on two processors, of which each reads only after the other has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which clock.
    pub clock: String,
    /// The two processors.
    pub cpus: (usize, usize),
    /// How often one handed over to the other.
    pub handovers: u64,
    /// Reads that were behind the other processor's earlier one.
    pub backward: u64,
    /// How far the second processor's clock may be ahead of the first's: at least and at most, nanoseconds. An interval that is
    /// upside down says that the difference is not steady.
    pub offset_ns: (f64, f64),
}

/// How late a sleeping thread wakes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wakeup {
    /// The slack that the kernel may take (`PR_SET_TIMERSLACK`), nanoseconds.
    pub slack_ns: u32,
    /// Lateness, nanoseconds.
    #[serde(flatten)]
    pub late: Sample,
}

/// A clock that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Which clock.
    pub clock: String,
    /// What the kernel says.
    pub why: String,
}

/// A clocksource against the machine's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The machine's own.
    pub from: String,
    /// The other.
    pub to: String,
    /// Each clock by each way.
    pub reads: Vec<ReadCompared>,
}

/// One way of reading, with two clocksources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadCompared {
    /// Which clock.
    pub clock: String,
    /// How it was read.
    pub path: Path,
    /// What a read costs more with the other, nanoseconds.
    pub more_ns: f64,
    /// What can be said.
    #[serde(flatten)]
    pub compared: Compared,
}

impl Table {
    /// The cost of a clock by a way.
    pub fn cost(&self, clock: &str, path: Path) -> Option<&Cost> {
        self.reads.iter().find(|cost| cost.clock == clock && cost.path == path)
    }
}

impl Bench {
    /// The table of a clocksource.
    pub fn table(&self, clocksource: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.clocksource == clocksource)
    }
}
