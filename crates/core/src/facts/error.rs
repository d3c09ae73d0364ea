//! How far off a machine's clock is, by whoever keeps it, and how that compares with what somebody asked for.

use super::{Facts, Machine};
use crate::budget::shown;
use crate::fact::{Unknown, Why};
use crate::reading::{Interval, Verdict};
use crate::units::Nanos;

/// The error of a system clock.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockError {
    /// System clock minus true time, seconds: positive when it is fast.
    pub offset: f64,
    /// The true value lies within so much of it, as the daemon reckons; seconds.
    pub bound: f64,
    /// What the bound is made of.
    pub bound_is: &'static str,
    /// Where it was read.
    pub from: String,
}

impl ClockError {
    /// For people: `+120 µs ± 3.2 ms`.
    pub fn words(&self) -> String {
        let sign = if self.offset >= 0.0 { "+" } else { "" };
        format!("{sign}{} ± {}", shown(self.offset), shown(self.bound))
    }

    /// Where it lies.
    pub fn interval(&self) -> Interval {
        match (Nanos::from_secs(self.offset), Nanos::from_secs(self.bound)) {
            (Some(offset), Some(bound)) => Interval::around(offset, bound),
            _ => Interval::around(Nanos(0), Nanos(i64::MAX)),
        }
    }
}

impl Machine {
    /// What the daemon that keeps the clock says of its error.
    ///
    /// # Errors
    /// When nobody tells, or the clock follows nothing.
    pub fn clock_error(&self) -> Result<ClockError, Unknown> {
        let lost = |who: &str, from: &str| Unknown {
            unknown: Why::Failed(format!("{who} follows no source")),
            from: from.to_owned(),
        };
        if let Some(tracking) = self.chrony.tracking.value() {
            let from = self.chrony.tracking.from();
            if !tracking.synchronised() {
                return Err(lost("chronyd", from));
            }
            // chronyc(1), tracking: error ≤ |system time| + root dispersion + root delay / 2
            return Ok(ClockError {
                offset: tracking.offset,
                bound: tracking.root_distance(),
                bound_is: "root dispersion + root delay / 2",
                from: from.to_owned(),
            });
        }
        if let Some(variables) = self.ntp.variables.value() {
            let from = self.ntp.variables.from();
            if !variables.synchronised {
                return Err(lost("ntpd", from));
            }
            return Ok(ClockError {
                offset: -variables.offset,
                bound: variables.root_distance(),
                bound_is: "root dispersion + root delay / 2",
                from: from.to_owned(),
            });
        }
        if let Some(status) = self.timesyncd.value() {
            return match (status.offset, status.root_distance) {
                (Some(offset), Some(distance)) => Ok(ClockError {
                    offset: -offset,
                    // It sets the kernel's maximum error to 0 with each answer, from where the kernel lets it grow by
                    // 500 ppm (systemd src/timesync/timesyncd-manager.c:manager_adjust_clock): that is the answer's age.
                    // NTP reckons with 15 ppm (RFC 5905, PHI).
                    bound: distance + self.maximum_error()? / 500.0 * 15.0,
                    bound_is: "root distance + 15 ppm of the time since the last answer",
                    from: self.timesyncd.from().to_owned(),
                }),
                _ => Err(lost("systemd-timesyncd", self.timesyncd.from())),
            };
        }
        self.by_kernel()
    }

    /// The kernel's own account, which is worth something where ntpd keeps it: chronyd does not tell it what is still
    /// to be slewed, and phc2sys and OpenNTPD give it no bound.
    fn by_kernel(&self) -> Result<ClockError, Unknown> {
        let movers = self.clock_movers()?;
        let [daemon] = movers.as_slice() else {
            let unknown = match movers.as_slice() {
                [] => "no time daemon runs",
                _ => "several time daemons move the clock",
            };
            let from = self.daemons.from().to_owned();
            return Err(Unknown { unknown: Why::Failed(unknown.to_owned()), from });
        };
        if daemon.name != "ntpd" {
            // What was looked for in vain says more than that the daemon is a wrong one.
            return Err(match daemon.name.as_str() {
                "chronyd" => self.chrony.tracking.get().err(),
                "systemd-timesyncd" => self.timesyncd.get().err(),
                _ => None,
            }
            .unwrap_or_else(|| Unknown {
                unknown: Why::Failed(format!(
                    "`{}` tells no bound of the clock's error",
                    daemon.name
                )),
                from: self.daemons.from().to_owned(),
            }));
        }
        let timex = self.timex.get()?;
        if !timex.synchronised() {
            return Err(Unknown {
                unknown: Why::Failed("the kernel's clock is not synchronised".to_owned()),
                from: self.timex.from().to_owned(),
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of an offset below a second")]
        let offset = -(timex.offset_ns as f64) / 1e9;
        Ok(ClockError {
            offset,
            bound: self.maximum_error()?,
            bound_is: "the kernel's maximum error",
            from: self.timex.from().to_owned(),
        })
    }

    /// `maxerror`, seconds.
    fn maximum_error(&self) -> Result<f64, Unknown> {
        #[expect(clippy::cast_precision_loss, reason = "at most 16 s in microseconds")]
        Ok(self.timex.get()?.maxerror_us as f64 / 1e6)
    }
}

impl Facts {
    /// A line on the budget where there is no finding: that it holds and by how much, or why that is not known.
    pub fn budget_note(&self, machine: &Machine) -> Option<String> {
        let budget = self.budget.as_ref()?;
        let (safe, whom) = (budget.safe, budget.for_whom());
        let within = shown(safe.secs());
        Some(match machine.clock_error() {
            Ok(error) if budget.verdict(error.interval()) == Verdict::Kept => format!(
                "the clock keeps within {within}{whom}: {}, {} to spare",
                error.words(),
                shown((safe - error.interval().worst()).secs()),
            ),
            Ok(_) => return None,
            Err(unknown) => {
                format!(
                    "whether the clock keeps within {within}{whom} is not known, because {unknown}"
                )
            }
        })
    }
}
