//! Places in a text, and values that know their place.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A stretch of text; lines and columns count from 1, columns in characters, the end is exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character after the last.
    pub end_line: u32,
    /// Column of the character after the last.
    pub end_column: u32,
}

/// A value and the stretch of text that it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: At,
}

impl<T: PartialEq<str>> PartialEq<str> for Spanned<T> {
    fn eq(&self, other: &str) -> bool {
        self.value == *other
    }
}

/// What could not be understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: u32,
    /// What is wrong with it.
    pub message: String,
}

impl ParseError {
    /// An error on a line counted from 1.
    pub fn new(line: usize, message: impl fmt::Display) -> Self {
        Self { line: u32::try_from(line).unwrap_or(u32::MAX), message: message.to_string() }
    }

    /// The text is something else than expected: most often a program's own complaint, which is quoted.
    pub(crate) fn instead_of(what: &str, text: &str) -> Self {
        let lines = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty());
        let (index, line) = lines.unwrap_or((0, "nothing"));
        let start: String = line.trim().chars().take(100).collect();
        Self::new(index + 1, format_args!("not {what}: {start}"))
    }
}

/// A finite number: facts are kept as JSON, which has no others.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The offset of each line.
pub fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Turns byte offsets of a text into lines and columns.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Offsets of the bytes that continue a character, so that a column is found quickly where one line is the whole text.
    continuing: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the line starts of a text.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.bytes().enumerate();
        let continuing = bytes.filter(|(_, byte)| byte & 0b1100_0000 == 0b1000_0000);
        // Most texts are ASCII, which is found out many times faster than the bytes are looked at one by one.
        let continuing =
            if text.is_ascii() { vec![] } else { continuing.map(|(at, _)| at).collect() };
        Self { text, starts: line_starts(text), continuing }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The place of a byte range; offsets outside the text or inside a character are moved back to one inside.
    pub fn at(&self, range: Range<usize>) -> At {
        let (line, column) = self.position(range.start);
        let (end_line, end_column) = self.position(range.end);
        At { line, column, end_line, end_column }
    }

    fn position(&self, offset: usize) -> (u32, u32) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let continuing = |end| self.continuing.partition_point(|at| *at < end);
        let column = offset - start - (continuing(offset) - continuing(start)) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let lines = Lines::new("ab\nчас 12\n");
        let twelve = "ab\nчас ".len();
        assert_eq!(
            lines.at(twelve..twelve + 2),
            At { line: 2, column: 5, end_line: 2, end_column: 7 }
        );
    }

    #[test]
    fn offsets_out_of_range_stay_inside() {
        assert_eq!(Lines::new("é").at(1..99).end_column, 2);
    }
}
