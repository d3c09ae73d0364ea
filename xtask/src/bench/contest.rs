//! Two programs in turns, and what can be said of the ratio of their times.

use std::time::Duration;

use super::program::Program;

const ROUNDS: usize = 10;

/// Who runs against whom.
pub(super) struct Contest {
    pub(super) what: &'static str,
    pub(super) ours: Program,
    pub(super) peer: Program,
    /// A round's time is the median of so many runs: short ones are noisy.
    pub(super) runs: usize,
    /// The highest ratio of our time to the peer's that is good enough.
    pub(super) target: f64,
}

/// What came of it.
pub(super) struct Outcome {
    what: &'static str,
    target: f64,
    ours: Vec<f64>,
    peer: Vec<f64>,
    /// Ours once more, in the same turns: it differs from `ours` by noise alone.
    again: Vec<f64>,
    /// The most memory of any run of ours.
    pub(super) peak_kib: u64,
}

/// What the numbers allow to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Missed,
    /// The same program differs from itself by more than lies between the ratio and its target.
    CannotTell,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "not met",
            Self::CannotTell => "cannot tell",
        }
    }
}

impl Contest {
    /// Runs all rounds; the three take turns in being first.
    pub(super) fn run(&self) -> anyhow::Result<Outcome> {
        let programs = [&self.ours, &self.peer, &self.ours];
        let mut rounds: [Vec<f64>; 3] = Default::default();
        let mut peak_kib = 0;
        for program in programs {
            program.run()?;
        }
        for _ in 0..ROUNDS {
            let mut times: [Vec<Duration>; 3] = Default::default();
            for turn in 0..self.runs.max(3) {
                for place in 0..programs.len() {
                    let who = (turn + place) % programs.len();
                    let run = programs[who].run()?;
                    times[who].push(run.wall);
                    if who != 1 {
                        peak_kib = peak_kib.max(run.peak_kib);
                    }
                }
            }
            for (all, times) in rounds.iter_mut().zip(times) {
                all.push(median(times.iter().map(Duration::as_secs_f64)));
            }
        }
        let [ours, peer, again] = rounds;
        Ok(Outcome { what: self.what, target: self.target, ours, peer, again, peak_kib })
    }
}

impl Outcome {
    /// One line of the table.
    pub(super) fn row(&self) -> String {
        let (ratios, control) = (ratios(&self.ours, &self.peer), ratios(&self.again, &self.ours));
        format!(
            "| {} | {} | {} | {} | {} | ≤ {} | {} |",
            self.what,
            seconds(&self.ours),
            seconds(&self.peer),
            with_spread(&ratios),
            with_spread(&control),
            self.target,
            self.verdict().word()
        )
    }

    pub(super) fn verdict(&self) -> Verdict {
        let ratio = median(ratios(&self.ours, &self.peer));
        let (low, high) = spread(&ratios(&self.again, &self.ours));
        if (high - low) * ratio > (self.target - ratio).abs() {
            return Verdict::CannotTell;
        }
        if ratio <= self.target { Verdict::Met } else { Verdict::Missed }
    }
}

/// Round by round: what slows a whole round down slows both.
fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let values = sorted(values);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// From the second lowest to the second highest: one round in which the machine did something else says nothing.
fn spread(values: &[f64]) -> (f64, f64) {
    let values = sorted(values.iter().copied());
    (values[1], values[values.len() - 2])
}

fn with_spread(ratios: &[f64]) -> String {
    let (low, high) = spread(ratios);
    format!("{:.2} ({low:.2} to {high:.2})", median(ratios.iter().copied()))
}

fn seconds(times: &[f64]) -> String {
    format!("{:.1} ms", median(times.iter().copied()) * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ours: f64, again: f64) -> Verdict {
        let rounds = |odd: f64, even: f64| (0..ROUNDS).map(|n| [even, odd][n % 2]).collect();
        let (ours, again) = (rounds(ours, ours), rounds(again, ours));
        let peer = rounds(1.0, 1.0);
        Outcome { what: "", target: 0.5, ours, peer, again, peak_kib: 0 }.verdict()
    }

    #[test]
    fn noise_wider_than_the_distance_to_the_target_decides_nothing() {
        assert_eq!(outcome(0.40, 0.41), Verdict::Met);
        assert_eq!(outcome(0.60, 0.61), Verdict::Missed);
        assert_eq!(outcome(0.48, 0.53), Verdict::CannotTell);
        assert_eq!(outcome(0.52, 0.57), Verdict::CannotTell);
    }

    #[test]
    fn a_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert!((median([4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }
}
