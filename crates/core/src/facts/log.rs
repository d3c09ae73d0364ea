//! Lines of logs as evidence.

use kvmtime_wire::klog::{Event, LogLine};

use crate::fact::{Fact, Unknown, Why};
use crate::finding::Finding;

impl Fact<Vec<LogLine>> {
    /// The lines that tell of such an event.
    ///
    /// # Errors
    /// When the log is not known, or has none and is not whole.
    pub fn lines(&self, such: impl Fn(&Event) -> bool) -> Result<Vec<&LogLine>, Unknown> {
        let found: Vec<_> = self.get()?.iter().filter(|line| such(&line.event)).collect();
        if found.is_empty() {
            self.whole()?;
        }
        Ok(found)
    }

    /// That no line of it is gone, for a rule that finds nothing in those that are there.
    ///
    /// # Errors
    /// When the log is not known, or not whole.
    pub fn whole(&self) -> Result<(), Unknown> {
        match self.get()?.first() {
            Some(LogLine { event: Event::EarlierGone, uptime, text, .. }) => Err(Unknown {
                unknown: Why::Failed(match uptime {
                    Some(uptime) => {
                        format!(
                            "it begins {uptime:.0} s after the boot, and earlier lines are gone"
                        )
                    }
                    None if text.is_empty() => {
                        "it is empty, and does not reach back to the boot".to_owned()
                    }
                    None => "it does not reach back to the boot".to_owned(),
                }),
                from: self.from().to_owned(),
            }),
            _ => Ok(()),
        }
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
