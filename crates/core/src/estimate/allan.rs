//! Allan's family of deviations (Riley, Handbook of Frequency Stability Analysis, NIST Special Publication 1065).

use serde::{Deserialize, Serialize};

use super::Point;
use crate::units::{Nanos, Ppb};

/// How stable the clock is, and how good the readings are, over an averaging time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// The averaging time τ.
    pub tau: Nanos,
    /// The Allan deviation of the frequency, overlapping.
    pub adev: Ppb,
    /// The modified Allan deviation.
    pub mdev: Ppb,
    /// The time deviation, ns: where it stays the same for longer τ, more readings do not help.
    pub tdev: f64,
}

/// Averaging times are doubled from the readings' spacing up to a quarter of the run: beyond, there are too few independent ones.
pub fn stability(points: &[Point]) -> Vec<Stability> {
    let Some((spacing, phases)) = evenly(points) else { return vec![] };
    let doubled = std::iter::successors(Some(1_usize), |m| m.checked_mul(2));
    let factors = doubled.take_while(|m| m.saturating_mul(4) < phases.len());
    let one = |m| {
        let tau = spacing * f64::from(u32::try_from(m).ok()?);
        let mdev = modified(&phases, m, spacing)?;
        Some(Stability {
            tau: Nanos::from_secs(tau)?,
            adev: Ppb(overlapping(&phases, m, spacing)?),
            mdev: Ppb(mdev),
            // TDEV = τ MDEV / √3
            tdev: tau * mdev / 3_f64.sqrt(),
        })
    };
    factors.filter_map(one).collect()
}

/// Phases at even distances: between two readings the line that joins them.
fn evenly(points: &[Point]) -> Option<(f64, Vec<f64>)> {
    let [first, .., last] = points else { return None };
    let gaps = u32::try_from(points.len() - 1).ok()?;
    let spacing = (last.t - first.t) / f64::from(gaps);
    if spacing <= 0.0 {
        return None;
    }
    let mut pairs = points.windows(2).peekable();
    let at = |index: u32| {
        let t = first.t + spacing * f64::from(index);
        while pairs.peek().is_some_and(|pair| pair[1].t < t) && pairs.len() > 1 {
            pairs.next();
        }
        let pair = pairs.peek()?;
        let share = ((t - pair[0].t) / (pair[1].t - pair[0].t)).clamp(0.0, 1.0);
        Some(pair[0].middle() + share * (pair[1].middle() - pair[0].middle()))
    };
    Some((spacing, (0..=gaps).map_while(at).collect()))
}

/// σ²(mτ₀) = 1 / (2 (mτ₀)² (N − 2m)) Σ (x_{i+2m} − 2 x_{i+m} + x_i)²
fn overlapping(phases: &[f64], m: usize, spacing: f64) -> Option<f64> {
    let sum: f64 = second_differences(phases, m).map(|d| d * d).sum();
    root_mean(sum, phases.len().checked_sub(2 * m)?, tau(m, spacing)?)
}

/// Mod σ²(mτ₀) = 1 / (2 m² (mτ₀)² (N − 3m + 1)) Σ_j (Σ_{i=j}^{j+m−1} (x_{i+2m} − 2 x_{i+m} + x_i))²
fn modified(phases: &[f64], m: usize, spacing: f64) -> Option<f64> {
    let count = (phases.len() + 1).checked_sub(3 * m)?;
    let differences: Vec<f64> = second_differences(phases, m).collect();
    let mut window: f64 = differences.get(..m)?.iter().sum();
    let mut sum = window * window;
    for (old, new) in differences.iter().zip(&differences[m..]) {
        window += new - old;
        sum += window * window;
    }
    let averaged = f64::from(u32::try_from(m).ok()?);
    root_mean(sum / (averaged * averaged), count, tau(m, spacing)?)
}

fn second_differences(phases: &[f64], m: usize) -> impl Iterator<Item = f64> {
    let later = phases.iter().skip(m).zip(phases.iter().skip(2 * m));
    phases.iter().zip(later).map(|(x, (x1, x2))| x2 - 2.0 * x1 + x)
}

fn root_mean(sum: f64, count: usize, tau: f64) -> Option<f64> {
    let count = f64::from(u32::try_from(count).ok().filter(|count| *count > 0)?);
    Some((sum / (2.0 * tau * tau * count)).sqrt())
}

fn tau(m: usize, spacing: f64) -> Option<f64> {
    Some(f64::from(u32::try_from(m).ok()?) * spacing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 1000-point test suite of NIST SP 1065, section 12.4: frequencies by Park and Miller's generator, as phases.
    fn suite() -> Vec<f64> {
        let mut number: u64 = 1_234_567_890;
        let mut phase = 0.0;
        let mut phases = vec![phase];
        for _ in 0..1000 {
            phase += f64::from(u32::try_from(number).unwrap()) / 2_147_483_647.0;
            phases.push(phase);
            number = number * 16_807 % 2_147_483_647;
        }
        phases
    }

    #[test]
    fn the_deviations_of_nist_sp_1065_table_31() {
        let phases = suite();
        let expected = [
            (1, 2.922_319e-1, 2.922_319e-1, 1.687_202e-1),
            (10, 9.159_953e-2, 6.172_376e-2, 3.563_623e-1),
            (100, 3.241_343e-2, 2.170_921e-2, 1.253_382),
        ];
        for (m, adev, mdev, tdev) in expected {
            let found = overlapping(&phases, m, 1.0).unwrap();
            assert!((found / adev - 1.0).abs() < 1e-6, "ADEV {m}: {found}");
            let found = modified(&phases, m, 1.0).unwrap();
            assert!((found / mdev - 1.0).abs() < 1e-6, "MDEV {m}: {found}");
            let found = found * tau(m, 1.0).unwrap() / 3_f64.sqrt();
            assert!((found / tdev - 1.0).abs() < 1e-6, "TDEV {m}: {found}");
        }
    }

    #[test]
    fn even_readings_are_taken_as_they_are() {
        let phases = suite();
        let point = |(index, x): (usize, &f64)| Point {
            t: f64::from(u32::try_from(index).unwrap()),
            lo: x - 1.0,
            hi: x + 1.0,
        };
        let points: Vec<Point> = phases.iter().enumerate().map(point).collect();
        let found = stability(&points);
        assert!((found[0].adev.0 / 2.922_319e-1 - 1.0).abs() < 1e-6, "{found:?}");
        assert_eq!(found.last().unwrap().tau, Nanos(128_000_000_000));
        assert_eq!(stability(&points[..1]), []);
    }
}
