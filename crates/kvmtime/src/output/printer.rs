//! A report that comes in parts, printed in the format that is asked for.

use std::io::{self, Write};

use kvmtime_core::check::{FLEET, Report};
use kvmtime_core::finding::{Finding, Severity};
use kvmtime_core::rule::Rule;

use super::{Colour, Format, Limit, State, Verbosity};
use super::{brief, json, junit, markdown, nagios, report, sarif, to_stdout};

/// What a report is printed by, besides itself.
pub(crate) struct Terms {
    pub(crate) format: Format,
    pub(crate) colour: Colour,
    pub(crate) verbosity: Verbosity,
    /// The least severity that counts.
    pub(crate) limit: Limit,
    /// The rules that were judged by.
    pub(crate) rules: Vec<&'static Rule>,
    /// What is wrong with the settings.
    pub(crate) notices: Vec<String>,
}

/// Prints a report that comes in parts.
pub(crate) struct Printer {
    terms: Terms,
    colour: bool,
    report: Report,
    brief: brief::Lines,
}

/// A whole report, as formats print it.
pub(super) struct Whole<'a> {
    pub(super) report: &'a Report,
    pub(super) terms: &'a Terms,
    /// What could not be read, and why.
    pub(super) failures: &'a [String],
}

impl Printer {
    pub(crate) fn new(terms: Terms) -> Self {
        let (report, brief) = (Report::default(), brief::Lines::default());
        Self { colour: terms.colour.shown(), terms, report, brief }
    }

    /// Takes a part. Of many subjects only what is printed of them is kept; what is found of all of them together is
    /// little, and nothing without its evidence.
    pub(crate) fn add(&mut self, part: Report) {
        self.report.append(part);
        let many = self.report.subjects.len() > brief::MANY;
        if many && self.terms.format == Format::Text && !self.terms.verbosity.verbose {
            let single = |finding: &mut Finding| finding.subject != FLEET;
            for finding in self.report.findings.extract_if(.., single) {
                self.brief.add(&finding, self.colour);
            }
            self.report.skipped.clear();
        }
    }

    /// Whether anything was judged.
    fn is_empty(&self) -> bool {
        self.report.subjects.is_empty()
    }

    /// The worst finding's severity.
    pub(crate) fn worst(&self) -> Option<Severity> {
        self.report.summary.worst()
    }

    /// Prints it all, with what could not be read where the format has a place for that.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn finish(&self, failures: &[String]) -> io::Result<()> {
        let whole = self.whole(failures);
        let nothing = self.is_empty() && !failures.is_empty();
        to_stdout(|out| match self.terms.format {
            Format::Text | Format::Json | Format::Markdown if nothing => Ok(()),
            Format::Text => self.text(out),
            Format::Json => json::report(out, &self.report),
            Format::Junit => junit::report(out, &whole),
            Format::Markdown => markdown::report(out, &whole),
            Format::Sarif => sarif::report(out, &whole),
            Format::Nagios => nagios::report(out, &whole),
        })
    }

    /// What a monitoring system is told, where the format is for one.
    pub(crate) fn state(&self, failures: &[String]) -> Option<State> {
        (self.terms.format == Format::Nagios).then(|| nagios::state(&self.whole(failures)))
    }

    fn whole<'a>(&'a self, failures: &'a [String]) -> Whole<'a> {
        Whole { report: &self.report, terms: &self.terms, failures }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Verbosity { verbose, quiet } = self.terms.verbosity;
        if self.is_empty() {
            return writeln!(out, "nothing to check was found");
        }
        self.brief.write(out)?;
        report::findings(out, &self.report, verbose, self.colour)?;
        if verbose {
            report::skipped(out, &self.report)?;
        }
        if quiet { Ok(()) } else { report::closing(out, &self.report, verbose, self.colour) }
    }
}
