//! What `kvmtime echo` says inside a guest when it is asked: `!` as soon as its clocks are read, then what they said.
//!
//! The question is a single byte, and the first byte of the answer stops the asker's watch: on a serial line each further byte
//! takes as long as the line pretends to need for it.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// The question.
pub const QUESTION: u8 = b'?';
/// The first byte of the answer.
pub const ANSWER: u8 = b'!';

/// An answer; all in ns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// `CLOCK_REALTIME`.
    pub realtime: i64,
    /// `CLOCK_MONOTONIC`.
    pub monotonic: i64,
    /// Bounds of `CLOCK_REALTIME` − `CLOCK_MONOTONIC`.
    pub shift: [i64; 2],
    /// Bounds of `CLOCK_BOOTTIME` − `CLOCK_MONOTONIC`.
    pub asleep: [i64; 2],
    /// The TSC; 0 where there is none.
    pub tsc: u64,
}

impl Answer {
    /// The answer as a line.
    pub fn line(&self) -> String {
        let mut line = String::from(char::from(ANSWER));
        let [a, b] = self.shift;
        let [c, d] = self.asleep;
        for number in [self.realtime, self.monotonic, a, b, c, d] {
            // Writing to a String does not fail.
            let _ = write!(line, "{number} ");
        }
        let _ = writeln!(line, "{}", self.tsc);
        line
    }
}

/// Reads what follows the first byte, up to the end of the line.
pub fn parse(line: &str) -> Option<Answer> {
    let (numbers, tsc) = line.trim().rsplit_once(' ')?;
    let numbers: Option<Vec<i64>> = numbers.split(' ').map(|word| word.parse().ok()).collect();
    let [realtime, monotonic, a, b, c, d] = numbers?[..] else { return None };
    Some(Answer { realtime, monotonic, shift: [a, b], asleep: [c, d], tsc: tsc.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_the_line() {
        let answer =
            Answer { realtime: 5, monotonic: -1, shift: [6, 7], asleep: [0, 1], tsc: u64::MAX };
        let line = answer.line();
        assert_eq!(line, format!("!5 -1 6 7 0 1 {}\n", u64::MAX));
        assert_eq!(parse(&line[1..]), Some(answer));
        assert_eq!(parse("1 2 3"), None);
    }
}
