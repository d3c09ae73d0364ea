//! Two runs of `kvmtime bench` compared, from their files.

use serde::Serialize;

use super::{Bench, Path};

/// Whether something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// It costs less.
    Down,
    /// It costs more.
    Up,
    /// The rounds of the two runs overlap.
    CannotTell,
}

/// One cost in two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// With which clocksource.
    pub clocksource: String,
    /// Which clock.
    pub clock: String,
    /// How it was read.
    pub path: Path,
    /// Nanoseconds before.
    pub before_ns: f64,
    /// Nanoseconds after.
    pub after_ns: f64,
    /// What can be said.
    pub moved: Moved,
}

/// What both runs measured.
pub fn changes(before: &Bench, after: &Bench) -> Vec<Change> {
    let mut changes = Vec::new();
    for table in &after.tables {
        let Some(old) = before.table(&table.clocksource) else { continue };
        for cost in &table.reads {
            let Some(earlier) = old.cost(&cost.clock, cost.path) else { continue };
            changes.push(Change {
                clocksource: table.clocksource.clone(),
                clock: cost.clock.clone(),
                path: cost.path,
                before_ns: earlier.ns.p50,
                after_ns: cost.ns.p50,
                moved: moved(&earlier.rounds, &cost.rounds),
            });
        }
    }
    changes
}

/// Two runs are not measured in turns, so there are no pairs: only rounds that lie wholly apart, by more than they are spread,
/// say something.
fn moved(before: &[f64], after: &[f64]) -> Moved {
    let ends = |rounds: &[f64]| {
        let low = rounds.iter().copied().reduce(f64::min)?;
        Some((low, rounds.iter().copied().reduce(f64::max)?))
    };
    let (Some(before), Some(after)) = (ends(before), ends(after)) else { return Moved::CannotTell };
    let spread = (before.1 - before.0).max(after.1 - after.0);
    match () {
        () if after.0 - before.1 > spread => Moved::Up,
        () if before.0 - after.1 > spread => Moved::Down,
        () => Moved::CannotTell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_that_lie_apart_have_moved() {
        assert_eq!(moved(&[20.4, 20.6], &[23.2, 23.4]), Moved::Up);
        assert_eq!(moved(&[23.2, 23.4], &[20.4, 20.6]), Moved::Down);
        assert_eq!(moved(&[20.4, 21.4], &[21.5, 22.0]), Moved::CannotTell);
        assert_eq!(moved(&[20.4], &[]), Moved::CannotTell);
    }
}
