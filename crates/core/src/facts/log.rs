//! Lines of logs as evidence.

use kvmtime_wire::klog::{Event, LogLine};

use crate::fact::{Fact, Unknown};
use crate::finding::Finding;

impl Fact<Vec<LogLine>> {
    /// The lines that tell of such an event.
    ///
    /// # Errors
    /// When the log is not known.
    pub fn lines(&self, such: impl Fn(&Event) -> bool) -> Result<Vec<&LogLine>, Unknown> {
        Ok(self.get()?.iter().filter(|line| such(&line.event)).collect())
    }
}

impl Finding {
    /// Takes lines of a log as observations: the first few, and how many there are when there are more.
    #[must_use]
    pub fn saw_lines(self, log: &Fact<Vec<LogLine>>, lines: &[&LogLine]) -> Self {
        const SHOWN: usize = 4;
        let from = log.from();
        // Lines of several files are numbered in each.
        let place = |line: &LogLine| match from.contains(", ") {
            true => from.to_owned(),
            false => format!("{from}:{}", line.line),
        };
        let shown = lines
            .iter()
            .take(SHOWN)
            .fold(self, |found, line| found.saw("log", &line.text, place(line)));
        if lines.len() > SHOWN { shown.saw("lines of this kind", lines.len(), from) } else { shown }
    }
}
