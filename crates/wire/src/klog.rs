//! Lines of the kernel log, QEMU, libvirt and time daemons that speak of time.

mod daemons;
mod kernel;
mod prefix;

use serde::{Deserialize, Serialize};

/// A line that says something about time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// What it says.
    pub event: Event,
    /// Seconds since boot, as the kernel stamped it.
    pub uptime: Option<f64>,
    /// The line, without what syslog puts in front.
    pub text: String,
    /// The line's number in its log, counted from 1.
    pub line: u32,
}

/// What a line says. The wordings by kernel version are in `klog/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The kernel's log begins here and not at the boot: earlier lines are gone.
    EarlierGone,
    /// The kernel switched to a clocksource.
    Switched {
        /// The new one.
        clocksource: String,
    },
    /// The watchdog declared a clocksource unstable.
    Unstable {
        /// Which.
        clocksource: String,
        /// By how much it ran ahead in one interval, where this line or those below it tell, nanoseconds.
        delta_ns: Option<i64>,
    },
    /// The clocksource that the administrator asked for is not usable.
    OverrideRefused {
        /// Which.
        clocksource: String,
    },
    /// `Marking TSC unstable due to …`.
    TscUnstable {
        /// The kernel's reason.
        reason: String,
    },
    /// A test at boot, or after the watchdog's verdict, saw one CPU's TSC run backwards against another's.
    TscWarp,
    /// KVM: `SMP vm created on host with unstable TSC`.
    UnstableTscForGuests,
    /// kvm-clock registered itself.
    KvmClock,
    /// Old kernels: `warning: many lost ticks`, `Lost N timer tick(s)`, `Losing too many ticks!`.
    LostTicks,
    /// `Your time source seems to be instable`.
    InstableSource,
    /// A CPU did not run, or not take interrupts, for long: soft lockup, RCU stall, `hrtimer: interrupt took …`, or a
    /// watchdog that could not read its two clocks quickly enough to judge.
    Stall,
    /// The machine came back from a suspend: `PM: suspend exit` and older forms.
    ResumedFromSleep,
    /// libvirt: the requested TSC frequency is outside the host's tolerance.
    TscFrequencyRefused,
    /// QEMU: `TSC frequency mismatch between VM … and host`.
    TscFrequencyMismatch,
    /// libvirt, in a domain's log: the guest was saved, to be restored some time.
    GuestSaved,
    /// libvirt, in a domain's log: the guest went to another host.
    GuestMigrated,
    /// QEMU: `State blocked by non-migratable CPU device (invtsc flag)`.
    InvtscBlocksMigration,
    /// libvirt, in a domain's log: QEMU was ended to revert the guest to a snapshot.
    GuestReverted,
    /// ntpd gave up: panic or sanity limit.
    NtpdGaveUp,
    /// chronyd: `System clock wrong by … seconds`.
    ChronyClockWrong {
        /// The offset that chronyd saw, nanoseconds; positive when the clock was behind.
        offset_ns: i64,
    },
    /// chronyd: `System clock was stepped by … seconds`.
    ChronyStepped {
        /// The step, nanoseconds; positive is forward.
        offset_ns: i64,
    },
    /// chronyd ended at an offset beyond `maxchange`: `Adjustment of … exceeds the allowed maximum of … (exiting)`.
    ChronyGaveUp,
    /// chronyd: `Forward time jump detected!` or `Backward time jump detected!`.
    ChronyTimeJump,
    /// chronyd: `Can't synchronise: no selectable sources`, `… no majority` and the like.
    ChronyNoSources,
}

/// Reads a log of any of these programs, as a file, syslog, the journal or dmesg(1) shows it.
pub fn parse(text: &str) -> Vec<LogLine> {
    let mut log = Log::default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| marked(line)) {
        let (uptime, message) = prefix::strip(line);
        match said(message) {
            Some(Said::Event(event)) => log.add(event, uptime, message, index + 1),
            Some(Said::Detail(detail)) => log.complete(&detail),
            None => {}
        }
    }
    log.lines
}

/// Reads the kernel's log, whose oldest lines make room for new ones: those of its buffer, and those of a file that is rotated.
pub fn parse_kernel(text: &str) -> Vec<LogLine> {
    let mut lines = parse(text);
    let (uptime, message) = prefix::strip(text.lines().next().unwrap_or_default());
    // What is stamped 0 was printed before time is counted.
    if uptime != Some(0.0) && !text.lines().any(is_banner) {
        let (event, text) = (Event::EarlierGone, message.to_owned());
        lines.insert(0, LogLine { event, uptime, text, line: 1 });
    }
    lines
}

/// Whether a line is the first that a kernel prints (Linux `init/main.c:start_kernel`; FreeBSD `sys/kern/subr_prf.c:msgbufinit`;
/// NetBSD and OpenBSD `copyright`, `version`).
pub fn is_banner(line: &str) -> bool {
    const BANNERS: [&str; 4] = ["Linux version ", "---<<BOOT>>---", "NetBSD ", "OpenBSD "];
    BANNERS.iter().any(|banner| line.contains(banner) && message(line).starts_with(banner))
}

/// Whether a line is an event or a detail of the one before it.
pub fn concerns_time(line: &str) -> bool {
    marked(line) && said(prefix::strip(line).1).is_some()
}

/// A line without what dmesg(1), syslog and the journal put in front of it.
pub fn message(line: &str) -> &str {
    prefix::strip(line).1
}

enum Said {
    Event(Event),
    Detail(Detail),
}

/// What the lines below the watchdog's verdict say, nanoseconds.
enum Detail {
    /// How long the interval was by the watchdog.
    Watchdog(i64),
    /// How long it was by the clocksource in doubt.
    Clocksource(i64),
    /// The difference.
    Skew(i64),
}

fn said(message: &str) -> Option<Said> {
    kernel::said(message).or_else(|| daemons::said(message).map(Said::Event))
}

#[derive(Default)]
struct Log {
    lines: Vec<LogLine>,
    watchdog: Option<i64>,
}

impl Log {
    fn add(&mut self, event: Event, uptime: Option<f64>, text: &str, line: usize) {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.lines.push(LogLine { event, uptime, text: text.to_owned(), line });
        self.watchdog = None;
    }

    fn complete(&mut self, detail: &Detail) {
        let Some(LogLine { event: Event::Unstable { delta_ns, .. }, .. }) = self.lines.last_mut()
        else {
            return;
        };
        match *detail {
            Detail::Watchdog(interval) => self.watchdog = Some(interval),
            Detail::Clocksource(interval) => {
                // delta = interval by the clocksource − interval by the watchdog
                *delta_ns = self.watchdog.map(|watchdog| interval.saturating_sub(watchdog));
            }
            Detail::Skew(skew) => *delta_ns = Some(skew),
        }
    }
}

/// Whether a line may speak of time: the cheap test that nearly all lines of a log fail.
fn marked(line: &str) -> bool {
    let bytes = line.as_bytes();
    let found = |(at, byte): (usize, &u8)| marks(*byte).iter().any(|m| bytes[at..].starts_with(m));
    bytes.iter().enumerate().any(found)
}

/// The marks that begin with a byte. Each was cut from its message so that it begins with one that is rare in logs.
fn marks(byte: u8) -> &'static [&'static [u8]] {
    match byte {
        b'A' => &[b"Adjustment of "],
        b'I' => &[b"INFO: rcu"],
        b'L' => &[b"Losing ", b"Lost "],
        b'P' => &[b"PM: "],
        b'S' => &[b"System clock w"],
        b'T' => &[b"TSC"],
        b'Y' => &[b"Your time source"],
        b'f' => &[b"from snapshot"],
        b'h' => &[b"hrtimer: i"],
        b'j' => &[b"jump detected"],
        b'k' => &[b"ksource", b"kvm-clock", b"kup - CPU", b"kup detected", b"k manually"],
        b'r' => &[b"reason=migrated", b"reason=saved"],
        b'v' => &[b"vtsc flag"],
        b'y' => &[b"y lost ticks", b"ynchronise: "],
        _ => &[],
    }
}
