//! One line for Nagios, Icinga and their kin, with performance data, and the findings below it.
//!
//! <https://www.monitoring-plugins.org/doc/guidelines.html>

use std::io::{self, Write};

use kvmtime_core::finding::{Finding, Severity};

use super::{Limit, Whole};

/// What a monitoring system is told; its exit status is its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What could not be read hides what is wrong with it: that comes before all else.
pub(super) fn state(whole: &Whole<'_>) -> State {
    let limit = whole.terms.limit;
    let worst = whole.report.summary.worst().filter(|severity| limit.reached(*severity));
    match worst {
        _ if !whole.failures.is_empty() || whole.report.subjects.is_empty() => State::Unknown,
        Some(Severity::Error) => State::Critical,
        Some(_) => State::Warning,
        None => State::Ok,
    }
}

pub(super) fn report(out: &mut dyn Write, whole: &Whole<'_>) -> io::Result<()> {
    let findings = by_severity(&whole.report.findings);
    let state = state(whole);
    let text = match (whole.failures.first(), findings.first()) {
        (Some(failure), _) => clean(failure),
        (None, _) if whole.report.subjects.is_empty() => "nothing to check was found".to_owned(),
        (None, Some(worst)) if state != State::Ok => {
            format!("{}; {}", counts(whole), line(worst))
        }
        (None, _) => counts(whole),
    };
    writeln!(out, "{} - {text} | {}", state.word(), performance(whole))?;
    let failures = whole.failures.iter().map(|failure| clean(failure));
    long(out, failures.chain(findings.into_iter().map(line)))
}

/// The line where there is no report.
pub(super) fn unknown(out: &mut dyn Write, why: &str) -> io::Result<()> {
    writeln!(out, "{} - {}", State::Unknown.word(), clean(why))
}

/// Nagios reads so many bytes of all that a plugin prints; what it cuts off it cuts in the middle of a line.
const MOST: usize = 4096;

/// Room for the first line and the last.
const REST: usize = 1024;

fn long(out: &mut dyn Write, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let (mut length, mut more) = (REST, 0);
    for line in lines {
        length += line.len() + 1;
        if length > MOST {
            more += 1;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    if more == 0 { Ok(()) } else { writeln!(out, "and {more} more") }
}

fn by_severity(findings: &[Finding]) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn line(finding: &Finding) -> String {
    let Finding { severity, subject, message, rule, .. } = finding;
    clean(&format!("{}: {subject}: {message} [{rule}]", severity.word()))
}

fn counts(whole: &Whole<'_>) -> String {
    let sum = &whole.report.summary;
    let several = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    format!(
        "{}, {}, {} info",
        several(sum.error, "error"),
        several(sum.warning, "warning"),
        sum.info
    )
}

/// A bar begins performance data, also further down.
fn clean(text: &str) -> String {
    text.replace('|', "/").replace(char::is_control, " ")
}

/// `label=value;warn;crit;min`: a threshold of 0 is crossed by anything above it.
fn performance(whole: &Whole<'_>) -> String {
    let (sum, limit) = (&whole.report.summary, whole.terms.limit);
    let at = |severity: Severity| if limit.reached(severity) { "0" } else { "" };
    let (info, warning) = (at(Severity::Info), at(Severity::Warning));
    let error = if limit == Limit::Never { "" } else { "0" };
    format!(
        "errors={};;{error};0 warnings={};{warning};;0 info={};{info};;0 passed={};;;0 skipped={};;;0 \
         subjects={};;;0",
        sum.error,
        sum.warning,
        sum.info,
        sum.passed,
        sum.skipped,
        whole.report.subjects.len(),
    )
}
