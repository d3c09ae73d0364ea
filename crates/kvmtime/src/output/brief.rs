//! Findings on many subjects: a line each, since nobody reads ten thousand excerpts.

use std::fmt::{self, Write as _};
use std::io;

use kvmtime_core::finding::{Finding, Severity};

use super::report::style;

/// More subjects than this are many.
pub(super) const MANY: usize = 20;

/// Lines of findings, by severity: as text they take a tenth of the memory.
#[derive(Default)]
pub(super) struct Lines {
    info: String,
    warning: String,
    error: String,
}

impl Lines {
    /// Adds a finding below the others of its severity.
    pub(super) fn add(&mut self, finding: &Finding, colour: bool) {
        let lines = match finding.severity {
            Severity::Info => &mut self.info,
            Severity::Warning => &mut self.warning,
            Severity::Error => &mut self.error,
        };
        // Writing to a text cannot fail.
        let _ = line(lines, finding, colour);
    }

    /// Writes all of them, the worst last.
    pub(super) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        [&self.info, &self.warning, &self.error]
            .into_iter()
            .try_for_each(|lines| out.write_all(lines.as_bytes()))
    }
}

fn line(lines: &mut String, finding: &Finding, colour: bool) -> fmt::Result {
    match &finding.location {
        Some(place) => write!(lines, "{}:{}:{}: ", place.path, place.at.line, place.at.column)?,
        None => write!(lines, "{}: ", finding.subject)?,
    }
    let style = style(finding.severity, colour);
    let word = finding.severity.word();
    writeln!(lines, "{style}{word}{style:#}: {} [{}]", finding.message, finding.rule)
}
