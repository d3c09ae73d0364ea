//! How far off a clock may be for what runs on it.

use kvmtime_wire::duration;

/// The error of a clock that a workload bears.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// As it was asked for: `ceph`, `0.25`.
    pub name: String,
    /// Whether that is a workload's name.
    pub is_workload: bool,
    /// The error at which the workload fails, seconds.
    pub limit: f64,
    /// The error up to which it works whatever the other clocks do that keep to it, seconds: half the limit where
    /// machines are compared with each other, as two of them may be off in opposite directions.
    pub safe: f64,
    /// Why that much.
    pub reason: &'static str,
}

struct Workload {
    name: &'static str,
    limit: f64,
    between_machines: bool,
    reason: &'static str,
}

/// What is known by name. Each number is the software's own default.
const WORKLOADS: &[Workload] = &[
    Workload {
        name: "ceph",
        limit: 0.05,
        between_machines: true,
        // ceph src/common/options/mon.yaml.in
        reason: "mon_clock_drift_allowed: monitors that differ by more warn of clock skew",
    },
    Workload {
        name: "etcd",
        limit: 1.0,
        between_machines: true,
        // etcd server/etcdserver/api/rafthttp/probing_status.go: monitorProbingStatus
        reason: "members that differ by more log `prober found high clock drift`",
    },
    Workload {
        name: "cockroachdb",
        limit: 0.4,
        between_machines: true,
        // cockroach pkg/rpc/clock_offset.go: maximumPingDurationMult, VerifyClockOffset
        reason: "a node ends when it is off by 80 % of --max-offset, which is 500 ms",
    },
    Workload {
        name: "kerberos",
        limit: 300.0,
        between_machines: true,
        // krb5.conf(5), clockskew; RFC 4120, 1.6
        reason: "clockskew: a message from a clock that differs by more is refused",
    },
    Workload {
        name: "aws-sigv4",
        limit: 300.0,
        between_machines: false,
        reason: "a request must arrive within five minutes of its own time stamp",
    },
    Workload {
        name: "tls",
        limit: 3600.0,
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
            let safe = if known.between_machines { known.limit / 2.0 } else { known.limit };
            return Ok(Self {
                name: text.to_owned(),
                is_workload: true,
                limit: known.limit,
                safe,
                reason: known.reason,
            });
        }
        match duration::seconds(text, "s") {
            Some(seconds) if seconds > 0.0 => Ok(Self {
                name: text.to_owned(),
                is_workload: false,
                limit: seconds,
                safe: seconds,
                reason: "asked for",
            }),
            _ => Err(format!("{text} is neither a number of seconds nor one of {}", names())),
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
        assert!((ceph.limit - 0.05).abs() < 1e-12 && (ceph.safe - 0.025).abs() < 1e-12);
        assert!((Budget::named("50ms").unwrap().safe - 0.05).abs() < 1e-12);
        for wrong in ["", "0", "-1", "soon", "Ceph"] {
            assert!(Budget::named(wrong).unwrap_err().contains("ceph, etcd"), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_shown_with_three_digits() {
        let all = [0.05, 300.0, 1.234e-6, -0.012_34, 0.0, 2e-9].map(shown);
        assert_eq!(all, ["50 ms", "300 s", "1.23 µs", "-12.3 ms", "0 s", "2 ns"]);
    }
}
