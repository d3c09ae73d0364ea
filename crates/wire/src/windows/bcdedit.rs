//! `bcdedit /enum {current}`: what the running Windows was booted with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of one boot entry, by bcdedit's names for them: all but `identifier` are the same in every language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootEntry(pub BTreeMap<String, String>);

/// What programs in some language may print for yes and no; German bcdedit prints the English words.
const YES: [&str; 9] = ["yes", "ja", "oui", "sí", "sì", "sim", "да", "はい", "是"];
const NO: [&str; 7] = ["no", "nein", "non", "não", "нет", "いいえ", "否"];

impl BootEntry {
    /// Whether a switch is on; one that is not there is off.
    ///
    /// # Errors
    /// The word that stands there, when it is neither a known yes nor a known no.
    pub fn is_on(&self, name: &str) -> Result<bool, String> {
        let Some(value) = self.0.get(name) else { return Ok(false) };
        let word = value.to_lowercase();
        match (YES.contains(&&*word), NO.contains(&&*word)) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(format!("`{name}` is `{value}`, neither yes nor no")),
        }
    }
}

/// Reads lines of a name at their start, blanks and a value; lines that begin with a blank continue a list.
pub fn parse(text: &str) -> BootEntry {
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let pair = |line: &str| {
        let (name, value) = line.split_once([' ', '\t'])?;
        let name = name.trim_start_matches('\u{feff}').to_lowercase();
        Some((name, value.trim().to_owned()))
    };
    BootEntry(lines.filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_german() {
        let entry = parse(include_str!("../../tests/transcripts/bcdedit/german.txt"));
        assert_eq!(entry.is_on("useplatformclock"), Ok(true));
        assert_eq!(entry.is_on("useplatformtick"), Ok(false));
        assert_eq!(entry.0["tscsyncpolicy"], "Enhanced");
    }

    #[test]
    fn a_word_that_is_not_known_is_neither() {
        let entry = parse("useplatformclock        Kyllä\nuseplatformtick         No\n");
        assert!(entry.is_on("useplatformclock").unwrap_err().contains("Kyllä"));
        assert_eq!(entry.is_on("useplatformtick"), Ok(false));
    }
}
