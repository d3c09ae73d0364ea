//! The last resort: which messages share rare words with a text.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::{Message, all};

/// At most so many are worth reading.
const MOST: usize = 3;

/// So many words must be shared, and so much of what a message consists of.
const LEAST_WORDS: usize = 2;
const LEAST_SHARE: f64 = 0.3;

/// Words that every program uses.
const COMMON: [&str; 38] = [
    "and", "are", "not", "the", "for", "from", "has", "have", "this", "that", "with", "was",
    "were", "been", "will", "due", "use", "using", "error", "warning", "info", "host", "kernel",
    "failed", "internal", "system", "you", "can", "could", "what", "when", "than", "but", "any",
    "out", "nov", "dec", "line",
];

/// For each message the words of its wording and its example; for each word how many messages have it.
struct Index {
    words: Vec<(&'static Message, BTreeSet<String>)>,
    uses: HashMap<String, f64>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let words: Vec<_> = all().map(|message| (message, words(message.example))).collect();
    let mut uses = HashMap::new();
    for word in words.iter().flat_map(|(_, words)| words) {
        *uses.entry(word.clone()).or_insert(0.0) += 1.0;
    }
    Index { words, uses }
});

/// The messages that share most with a text, the nearest first.
pub(super) fn nearest(text: &str) -> Vec<&'static Message> {
    let asked = words(text);
    let mut found: Vec<(f64, &'static Message)> = INDEX
        .words
        .iter()
        .filter_map(|(message, words)| Some((share(&asked, words)?, *message)))
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(MOST).map(|(_, message)| message).collect()
}

/// What part of a message's words was asked for, a word counting less the more messages have it.
fn share(asked: &BTreeSet<String>, words: &BTreeSet<String>) -> Option<f64> {
    // weight(word) = 1 / number of messages with the word
    let weight = |word: &String| INDEX.uses.get(word).map_or(0.0, |uses| 1.0 / uses);
    let shared: Vec<&String> = asked.intersection(words).collect();
    let part: f64 = shared.iter().map(|word| weight(word)).sum();
    let whole: f64 = words.iter().map(weight).sum();
    let share = part / whole;
    (shared.len() >= LEAST_WORDS && share >= LEAST_SHARE).then_some(share)
}

/// Words of three letters and more; numbers tell one event from another, not one message.
fn words(text: &str) -> BTreeSet<String> {
    let split = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
    let words = split.map(|word| word.trim_matches('-').to_lowercase());
    words
        .filter(|word| {
            word.len() > 2 && word.contains(char::is_alphabetic) && !COMMON.contains(&&**word)
        })
        .collect()
}
