//! `boot.ini`, which starts Windows up to Server 2003.

use serde::{Deserialize, Serialize};

/// The entry that is started when nobody chooses another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its line, counted from 1.
    pub line: u32,
    /// The line.
    pub text: String,
}

impl Entry {
    /// Whether it has a switch, in whatever case: `/usepmtimer`.
    pub fn has(&self, switch: &str) -> bool {
        let (_, options) = self.text.rsplit_once('"').unwrap_or(("", &self.text));
        options.split_whitespace().any(|word| word.eq_ignore_ascii_case(switch))
    }
}

/// The default entry: the one whose path `default=` names, else the first.
pub fn default_entry(text: &str) -> Option<Entry> {
    let mut default = None;
    let mut entries = Vec::new();
    let mut section = "";
    for (index, line) in text.lines().map(str::trim).enumerate() {
        let pair = line.split_once('=');
        match (section, pair) {
            _ if line.starts_with('[') => section = line,
            (_, None) => {}
            ("[operating systems]", Some((path, _))) => {
                entries.push((index + 1, path.trim(), line))
            }
            (_, Some((name, path))) if name.trim().eq_ignore_ascii_case("default") => {
                default = Some(path.trim());
            }
            _ => {}
        }
    }
    let named = entries.iter().find(|(_, path, _)| Some(*path) == default);
    let (line, _, text) = named.or(entries.first())?;
    Some(Entry { line: u32::try_from(*line).unwrap_or(u32::MAX), text: (*text).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_entry_counts() {
        let text = "[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(2)\\WINDOWS\r\n[operating systems]\r\n\
            multi(0)disk(0)rdisk(0)partition(1)\\OLD=\"Old\" /fastdetect\r\n\
            multi(0)disk(0)rdisk(0)partition(2)\\WINDOWS=\"Windows Server 2003\" /fastdetect /UsePMTimer\r\n";
        let entry = default_entry(text).unwrap();
        assert_eq!(entry.line, 6);
        assert!(entry.has("/usepmtimer") && !entry.has("/noexecute"));
        assert_eq!(default_entry("[boot loader]\ntimeout=30\n"), None);
    }
}
