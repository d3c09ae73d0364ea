//! What people complain of, in plain words, and what causes it.

mod after_a_gap;
mod clock_reads;
mod drift;
mod refused;
mod words;
mod wrong_source;

use std::collections::BTreeSet;
use std::sync::LazyLock;

pub use words::Notion;

/// What may be behind a complaint.
#[derive(Debug)]
pub struct Cause {
    /// Kebab-case.
    pub id: &'static str,
    /// The complaint in plain words, as a user would type it.
    pub symptom: &'static str,
    /// The cause in a sentence.
    pub cause: &'static str,
    /// Why that leads to the complaint.
    pub why: &'static str,
    /// Commands that confirm or rule it out.
    pub confirm: &'static [&'static str],
    /// The rules of the catalogue that judge this.
    pub rules: &'static [&'static str],
    /// The notions that speak for it, and how loudly.
    pub notions: &'static [(Notion, u32)],
    /// How often it is the reason where the words fit as well for others.
    pub frequency: u32,
}

/// A cause that fits a complaint.
#[derive(Debug)]
pub struct Ranked {
    /// The cause.
    pub cause: &'static Cause,
    /// How well it fits, in percent of what would fit best.
    pub fit: u32,
}

/// Declares the causes of a file. Not `Cause { … }`, so that long texts may be broken where they read well.
macro_rules! causes {
    ($($id:literal seen $frequency:literal {
        symptom $symptom:literal
        notions [$($notion:ident $weight:literal),+ $(,)?]
        cause $cause:literal
        why $why:literal
        confirm $confirm:expr;
        rules $rules:expr;
    })+) => {
        /// The causes.
        pub(super) static CAUSES: &[$crate::symptoms::Cause] = &[$($crate::symptoms::Cause {
            id: $id,
            symptom: $symptom,
            cause: $cause,
            why: $why,
            confirm: &$confirm,
            rules: &$rules,
            notions: &[$(($crate::symptoms::Notion::$notion, $weight)),+],
            frequency: $frequency,
        }),+];
    };
}
use causes;

/// Every cause.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    [after_a_gap::CAUSES, drift::CAUSES, wrong_source::CAUSES, clock_reads::CAUSES, refused::CAUSES]
        .into_iter()
        .flatten()
}

/// More causes than this help nobody.
const MOST: usize = 5;

/// What fits less than this part of the best cause is left out.
const LEAST_OF_BEST: u32 = 2;

/// The causes that fit a complaint, the likeliest first; none where no word of it is known.
pub fn rank(complaint: &str) -> Vec<Ranked> {
    let said = words::notions(complaint);
    let mut found: Vec<(u32, &'static Cause)> =
        all().map(|cause| (score(cause, &said), cause)).filter(|(score, _)| *score > 0).collect();
    found.sort_by_key(|(score, cause)| {
        (std::cmp::Reverse(*score), std::cmp::Reverse(cause.frequency))
    });
    let Some(&(best, _)) = found.first() else { return vec![] };
    found.retain(|(score, _)| *score * LEAST_OF_BEST >= best);
    found.truncate(MOST);
    let most: u32 = said.iter().map(loudest).sum();
    found
        .into_iter()
        .map(|(score, cause)| Ranked { cause, fit: score * 100 / most.max(1) })
        .collect()
}

fn score(cause: &Cause, said: &BTreeSet<Notion>) -> u32 {
    let heard = cause.notions.iter().filter(|(notion, _)| said.contains(notion));
    heard.map(|(_, weight)| weight).sum()
}

/// The most that a notion speaks for any cause.
fn loudest(notion: &Notion) -> u32 {
    static LOUDEST: LazyLock<Vec<(Notion, u32)>> =
        LazyLock::new(|| all().flat_map(|cause| cause.notions).copied().collect());
    let weights = LOUDEST.iter().filter(|(other, _)| other == notion).map(|(_, weight)| *weight);
    weights.max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
