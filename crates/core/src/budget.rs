//! How far off a clock may be for what runs on it.

use kvmtime_wire::duration;
use serde::Serialize;

use crate::reading::{Interval, Verdict};
use crate::units::Nanos;

/// The error of a clock that a workload bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// As it was asked for: `ceph`, `0.25`.
    pub name: String,
    /// Whether that is a workload's name.
    pub is_workload: bool,
    /// The error at which the workload fails.
    pub limit: Nanos,
    /// The error up to which it works whatever the other clocks do that keep to it: half the limit where
    /// machines are compared with each other, as two of them may be off in opposite directions.
    pub safe: Nanos,
    /// Why that much.
    pub reason: &'static str,
}

struct Workload {
    name: &'static str,
    limit_ms: i64,
    between_machines: bool,
    reason: &'static str,
}

/// What is known by name. Each number is the software's own default.
const WORKLOADS: &[Workload] = &[
    Workload {
        name: "ceph",
        limit_ms: 50,
        between_machines: true,
        // ceph src/common/options/mon.yaml.in
        reason: "mon_clock_drift_allowed: monitors that differ by more warn of clock skew",
    },
    Workload {
        name: "etcd",
        limit_ms: 1_000,
        between_machines: true,
        // etcd server/etcdserver/api/rafthttp/probing_status.go: monitorProbingStatus
        reason: "members that differ by more log `prober found high clock drift`",
    },
    Workload {
        name: "cockroachdb",
        limit_ms: 400,
        between_machines: true,
        // cockroach pkg/rpc/clock_offset.go: maximumPingDurationMult, VerifyClockOffset
        reason: "a node ends when it is off by 80 % of --max-offset, which is 500 ms",
    },
    Workload {
        name: "kerberos",
        limit_ms: 300_000,
        between_machines: true,
        // krb5.conf(5), clockskew; RFC 4120, 1.6
        reason: "clockskew: a message from a clock that differs by more is refused",
    },
    Workload {
        name: "aws-sigv4",
        limit_ms: 300_000,
        between_machines: false,
        reason: "a request must arrive within five minutes of its own time stamp",
    },
    Workload {
        name: "tls",
        limit_ms: 3_600_000,
        between_machines: false,
        // TLS compares a certificate's validity with the clock and allows for nothing (RFC 5280, 4.1.2.5).
        reason: "Let's Encrypt dates certificates an hour back; a clock that is further behind refuses new ones",
    },
];

impl Budget {
    /// A workload by its name, or so many seconds (`0.25`, `50ms`).
    ///
    /// # Errors
    /// When the text is neither.
    pub fn named(text: &str) -> Result<Self, String> {
        if let Some(known) = WORKLOADS.iter().find(|known| known.name == text) {
            let limit = Nanos(known.limit_ms * Nanos::MILLISECOND.0);
            let safe = if known.between_machines { Nanos(limit.0 / 2) } else { limit };
            return Ok(Self {
                name: text.to_owned(),
                is_workload: true,
                limit,
                safe,
                reason: known.reason,
            });
        }
        match duration::seconds(text, "s").and_then(Nanos::from_secs) {
            Some(limit) if limit > Nanos(0) => Ok(Self {
                name: text.to_owned(),
                is_workload: false,
                limit,
                safe: limit,
                reason: "asked for",
            }),
            _ => Err(format!("{text} is neither a number of seconds nor one of {}", names())),
        }
    }

    /// Whether a clock keeps to it whose error lies somewhere in an interval.
    pub fn verdict(&self, error: Interval) -> Verdict {
        match (error.within(self.safe), error.within(self.limit)) {
            (_, Verdict::Exceeded) => Verdict::Exceeded,
            (Verdict::Kept, _) => Verdict::Kept,
            _ => Verdict::Unproven,
        }
    }

    /// ` for NAME`, behind what is said of a clock.
    pub fn for_whom(&self) -> String {
        if self.is_workload { format!(" for `{}`", self.name) } else { String::new() }
    }
}

/// The workloads that are known by name.
pub fn names() -> String {
    WORKLOADS.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}

/// Seconds for people, with three digits: `50 ms`, `1.23 µs`, `300 s`.
pub fn shown(seconds: f64) -> String {
    let (value, unit) = match seconds.abs() {
        size if size >= 1.0 || size == 0.0 => (seconds, "s"),
        size if size >= 1e-3 => (seconds * 1e3, "ms"),
        size if size >= 1e-6 => (seconds * 1e6, "µs"),
        _ => (seconds * 1e9, "ns"),
    };
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_nothing_else() {
        let ceph = Budget::named("ceph").unwrap();
        assert_eq!((ceph.limit, ceph.safe), (Nanos(50_000_000), Nanos(25_000_000)));
        assert_eq!(Budget::named("50ms").unwrap().safe, Nanos(50_000_000));
        for wrong in ["", "0", "-1", "soon", "Ceph"] {
            assert!(Budget::named(wrong).unwrap_err().contains("ceph, etcd"), "{wrong}");
        }
    }

    #[test]
    fn between_safe_and_failing_nothing_is_proven() {
        let ceph = Budget::named("ceph").unwrap();
        let ms = |lo: i64, hi: i64| Interval::between(Nanos(lo * 1_000_000), Nanos(hi * 1_000_000));
        assert_eq!(ceph.verdict(ms(-25, 10)), Verdict::Kept);
        for unproven in [ms(0, 26), ms(26, 40), ms(-60, 60), ms(-60, -50)] {
            assert_eq!(ceph.verdict(unproven), Verdict::Unproven);
        }
        assert_eq!(ceph.verdict(ms(51, 60)), Verdict::Exceeded);
    }

    #[test]
    fn seconds_are_shown_with_three_digits() {
        let all = [0.05, 300.0, 1.234e-6, -0.012_34, 0.0, 2e-9].map(shown);
        assert_eq!(all, ["50 ms", "300 s", "1.23 µs", "-12.3 ms", "0 s", "2 ns"]);
    }
}
