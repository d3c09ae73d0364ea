//! `/proc/stat`.

use serde::{Deserialize, Serialize};

use crate::text::ParseError;

/// CPU time since boot, of all CPUs together or of one, in ticks of `USER_HZ`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuTime {
    /// All of it, guest time not counted twice.
    pub total: u64,
    /// The part that went by while a vCPU was ready and the host ran something else.
    pub steal: u64,
}

impl CpuTime {
    /// Steal as a share of all time, in percent.
    pub fn steal_percent(self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs 3 digits")]
        let percent = self.steal as f64 * 100.0 / self.total as f64;
        percent
    }
}

/// The line `cpu user nice system idle iowait irq softirq steal …`. Source: proc(5), Linux `fs/proc/stat.c`.
///
/// # Errors
/// When that line is missing or holds no eight numbers (kernels before 2.6.11 do not count steal).
pub fn parse(text: &str) -> Result<CpuTime, ParseError> {
    of(text, "cpu")
}

/// The same of one CPU.
///
/// # Errors
/// As above; a CPU that is offline has no line.
pub fn parse_one(text: &str, cpu: usize) -> Result<CpuTime, ParseError> {
    of(text, &format!("cpu{cpu}"))
}

fn of(text: &str, name: &str) -> Result<CpuTime, ParseError> {
    let named = |line: &str| line.split_whitespace().next() == Some(name);
    let at = text.lines().position(named);
    let at = at.ok_or_else(|| ParseError::new(1, format!("no line begins with `{name} `")))?;
    let fields = text.lines().nth(at).unwrap_or_default().split_whitespace().skip(1).take(8);
    let numbers: Result<Vec<u64>, _> = fields.map(str::parse).collect();
    match numbers.map_err(|error| ParseError::new(at + 1, error))?.as_slice() {
        all @ [.., steal] if all.len() == 8 => Ok(CpuTime {
            total: all.iter().fold(0, |sum, ticks| sum.saturating_add(*ticks)),
            steal: *steal,
        }),
        _ => Err(ParseError::new(at + 1, "the cpu line does not count steal")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_the_eighth_number() {
        let time = parse("cpu  10 0 20 60 0 0 0 10 5 0\ncpu0 1 1 1 1 1 1 1 1\n").unwrap();
        assert_eq!(time, CpuTime { total: 100, steal: 10 });
        assert!((time.steal_percent() - 10.0).abs() < 1e-9);
        assert!(parse("cpu  1 2 3\n").is_err());
    }

    #[test]
    fn each_cpu_has_its_line() {
        let text = "cpu  9 0 0 0 0 0 0 0\ncpu1 1 0 0 0 0 0 0 0\ncpu10 8 0 0 0 0 0 0 0\n";
        assert_eq!(parse_one(text, 1).unwrap().total, 1);
        assert_eq!(parse_one(text, 10).unwrap().total, 8);
        assert!(parse_one(text, 0).is_err());
    }
}
