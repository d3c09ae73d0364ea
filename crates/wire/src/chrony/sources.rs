//! `chronyc -n sources`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::duration::seconds;
use crate::text::ParseError;

/// One line of the table. Source: chrony `client.c:process_cmd_sources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// `^` server, `=` peer, `#` local reference clock.
    pub mode: char,
    /// `*` selected, `+` combined, `-` not combined, `x` falseticker, `~` too variable, `?` unusable.
    pub state: char,
    /// Name, address, or the refid of a reference clock.
    pub name: String,
    /// Stratum of the source.
    pub stratum: u32,
    /// The last eight polls, newest lowest; 0 means that nothing arrived.
    pub reach: u8,
    /// Offset of the last sample in seconds, less what was corrected since, and the bound of its error; positive when the
    /// local clock is ahead.
    pub last_sample: Option<(f64, f64)>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, state, name, .. } = self;
        write!(f, "{mode}{state} {name}")?;
        self.last_sample.map_or(Ok(()), |(offset, _)| write!(f, " {offset:+} s"))
    }
}

/// Reads the table, with or without the legend of `-v`.
///
/// # Errors
/// Where a line is none of the table; what chronyc says instead, such as `506 Cannot talk to daemon`, is quoted.
pub fn parse(text: &str) -> Result<Vec<Source>, ParseError> {
    let mut lines = text.lines().enumerate();
    if !lines.any(|(_, line)| line.starts_with("====")) {
        return Err(ParseError::instead_of("a table of chronyc sources", text));
    }
    let rows = lines.filter(|(_, line)| !line.trim().is_empty());
    let read = |(index, line)| {
        source(line)
            .ok_or_else(|| ParseError::new(index + 1, format!("no line of the table: {line}")))
    };
    rows.map(read).collect()
}

/// `^* 192.0.2.1   3   6    17     7   +261ns[+1228ns] +/- 3932ns`, read from its end: the name may hold anything.
fn source(line: &str) -> Option<Source> {
    let mut characters = line.chars();
    let (mode, state) = (characters.next()?, characters.next()?);
    let (row, rest) = characters.as_str().split_once('[')?;
    let (_, error) = rest.split_once("+/-")?;
    let (row, offset) = last_word(row)?;
    let (row, age) = last_word(row)?;
    let (row, reach) = last_word(row)?;
    let (row, _poll) = last_word(row)?;
    let (name, stratum) = last_word(row)?;
    let sample = (seconds(offset, "s")?, seconds(error, "s")?);
    "^=#".contains(mode).then_some(Source {
        mode,
        state,
        name: name.trim().to_owned(),
        stratum: stratum.parse().ok()?,
        reach: u8::from_str_radix(reach, 8).ok()?,
        last_sample: (age != "-").then_some(sample),
    })
}

fn last_word(text: &str) -> Option<(&str, &str)> {
    text.trim_end().rsplit_once(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_and_without_legend() {
        let plain = parse(include_str!("../../tests/transcripts/chrony_sources/4.3.txt")).unwrap();
        assert_eq!(
            parse(include_str!("../../tests/transcripts/chrony_sources/4.3-v.txt")).unwrap(),
            plain
        );
        assert_eq!((plain[0].mode, plain[0].state, plain[0].reach), ('^', '*', 0o17));
        let (offset, error) = plain[0].last_sample.unwrap();
        assert!((offset - 261e-9).abs() < 1e-15 && (error - 3932e-9).abs() < 1e-15);
        assert_eq!((plain[1].name.as_str(), plain[1].last_sample), ("192.0.2.7", None));
    }

    #[test]
    fn older_headers_and_other_units_are_read() {
        let sources = parse(include_str!("../../tests/transcripts/chrony_sources/3.txt")).unwrap();
        let names: Vec<_> = sources.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["PHC0", "2001:db8::123", "ntp1.example.net"]);
        assert!((sources[1].last_sample.unwrap().0 + 0.0061).abs() < 1e-12);
        assert!((sources[2].last_sample.unwrap().0 - 3.5).abs() < 1e-12);
    }

    #[test]
    fn no_source_is_an_empty_table_and_no_table_an_error() {
        assert_eq!(parse("MS Name\n=======\n").unwrap(), []);
        let error = parse("506 Cannot talk to daemon\n").unwrap_err();
        assert_eq!(error.message, "not a table of chronyc sources: 506 Cannot talk to daemon");
        let broken = parse("MS Name\n=====\n\n506 Cannot talk to daemon\n").unwrap_err();
        assert_eq!(broken.line, 4);
    }
}
