//! The text that a subject was read from, to show the lines that findings speak of.

use kvmtime_wire::text::line_starts;

/// A text, by lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    text: Box<str>,
    starts: Vec<usize>,
}

/// A longer line is no help to a reader: it comes from a program that writes everything into one.
const MOST: usize = 1000;

impl Source {
    /// Finds the line starts of a text.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), starts: line_starts(text) }
    }

    /// A line, counted from 1, unless it is too long to be shown.
    pub fn line(&self, number: u32) -> Option<&str> {
        let start = *self.starts.get((number as usize).checked_sub(1)?)?;
        let line = self.text.get(start..)?.lines().next()?;
        (line.len() <= MOST).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_long_ones_are_not_shown() {
        let source = Source::new(&format!("a\nb c\r\n{}\n", "x".repeat(MOST + 1)));
        assert_eq!(source.line(2), Some("b c"));
        assert_eq!((source.line(0), source.line(3), source.line(9)), (None, None, None));
    }
}
