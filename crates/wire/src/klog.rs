//! Lines of the kernel log, QEMU, libvirt and time daemons that speak of time.

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
    /// The kernel switched to a clocksource.
    Switched {
        /// The new one.
        clocksource: String,
    },
    /// The watchdog declared a clocksource unstable.
    Unstable {
        /// Which.
        clocksource: String,
        /// By how much it was off, where the line says so, nanoseconds.
        delta_ns: Option<i64>,
    },
    /// `Marking TSC unstable due to …`.
    TscUnstable {
        /// The kernel's reason.
        reason: String,
    },
    /// The boot-time test saw one CPU's TSC run backwards against another's.
    TscWarp,
    /// KVM: `SMP vm created on host with unstable TSC`.
    UnstableTscForGuests,
    /// kvm-clock registered itself.
    KvmClock,
    /// Old x86-64 kernels: `warning: many lost ticks`, `Lost N timer tick(s)`.
    LostTicks,
    /// `Your time source seems to be instable`.
    InstableSource,
    /// The machine came back from a suspend: `PM: suspend exit` and older forms.
    ResumedFromSleep,
    /// libvirt: the requested TSC frequency is outside the host's tolerance.
    TscFrequencyRefused,
    /// QEMU: `TSC frequency mismatch between VM … and host`.
    TscFrequencyMismatch,
    /// QEMU: `State blocked by non-migratable CPU device (invtsc flag)`.
    InvtscBlocksMigration,
    /// ntpd gave up: panic or sanity limit.
    NtpdGaveUp,
    /// chronyd: `System clock wrong by … seconds`, value in nanoseconds.
    ChronyClockWrong {
        /// The offset that chronyd saw, nanoseconds.
        offset_ns: i64,
    },
    /// chronyd: `System clock was stepped by … seconds`, value in nanoseconds.
    ChronyStepped {
        /// The step, nanoseconds.
        offset_ns: i64,
    },
    /// chronyd: `Forward time jump detected!` or `Backward time jump detected!`.
    ChronyTimeJump,
    /// chronyd: `Can't synchronise: no selectable sources`.
    ChronyNoSources,
}
/// STUB
pub fn parse(_: &str) -> Vec<LogLine> {
    vec![]
}
