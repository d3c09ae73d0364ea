//! A report for people: the worst last, one idea a line, the cure in sight.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use kvmtime_core::allow::Allowed;
use kvmtime_core::check::{FLEET, Note, Report, Skipped, Subject};
use kvmtime_core::finding::{Cure, Effect, Finding, Risk, Severity};

use super::brief;

/// The findings of few subjects, each with its excerpt.
pub(super) fn findings(
    out: &mut dyn Write,
    report: &Report,
    verbose: bool,
    colour: bool,
) -> io::Result<()> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    for finding in findings {
        let shown = snippet(finding, report.subjects.len() > 1, verbose);
        writeln!(out, "{}\n", renderer.render(&[shown]))?;
    }
    Ok(())
}

/// Why rules were skipped, and findings allowed.
pub(super) fn skipped(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for Skipped { rule, subject, why } in &report.skipped {
        writeln!(out, "skipped {rule} on {subject}, because {why}")?;
    }
    for Allowed { finding, reason } in &report.allowed {
        writeln!(out, "allowed {} on {}, because {reason}", finding.rule, finding.subject)?;
    }
    Ok(())
}

fn snippet<'a>(finding: &'a Finding, several: bool, verbose: bool) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = if several {
        format!("{}: {}", finding.subject, finding.message)
    } else {
        finding.message.clone()
    };
    let mut group = Group::with_title(level.primary_title(title).id(&*finding.rule));
    if let Some(place) = &finding.location {
        group = match &place.excerpt {
            Some(line) => group.element(excerpt(line, place)),
            None => group.element(
                Origin::path(&*place.path)
                    .line(place.at.line as usize)
                    .char_column(place.at.column as usize),
            ),
        };
    }
    // The excerpt shows what the first piece of evidence says.
    let shown = usize::from(finding.location.as_ref().is_some_and(|place| place.excerpt.is_some()));
    let skip = if verbose { 0 } else { shown };
    let notes = finding.evidence.iter().skip(skip).map(|evidence| {
        let from = if verbose { format!("    ({})", evidence.from) } else { String::new() };
        note(format!("{}: {}{from}", evidence.what, evidence.value))
    });
    group = group.elements(notes);
    group.element(note(format!("cure: {}", cure(&finding.cure))))
}

fn note<'a>(text: String) -> Element<'a> {
    Level::NOTE.no_name().message(text).into()
}

fn excerpt<'a>(
    line: &'a str,
    place: &'a kvmtime_core::finding::Location,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let at = place.at;
    let offset = |column: u32| {
        let nth = line.char_indices().nth((column as usize).saturating_sub(1));
        nth.map_or(line.len(), |(offset, _)| offset)
    };
    let end = if at.end_line == at.line { offset(at.end_column) } else { line.len() };
    Snippet::source(line)
        .path(&*place.path)
        .line_start(at.line as usize)
        .annotation(AnnotationKind::Primary.span(offset(at.column)..end))
}

/// A cure with what it takes.
pub(super) fn cure(cure: &Cure) -> String {
    let effect = match cure.effect {
        Effect::Live => "takes effect at once",
        Effect::GuestReboot => "takes effect when the guest reboots",
        Effect::GuestRestart => "takes effect when the guest is shut down and started",
        Effect::HostReboot => "takes effect when the host reboots",
    };
    let risk = match cure.risk {
        Risk::Safe => "",
        Risk::Careful => ", with care",
        Risk::Manual => ", needs judgement",
    };
    format!("{} ({effect}{risk})", cure.summary)
}

/// What is worth saying, and the line of counts.
pub(super) fn closing(
    out: &mut dyn Write,
    report: &Report,
    verbose: bool,
    colour: bool,
) -> io::Result<()> {
    for Note { subject, text } in &report.notes {
        writeln!(out, "{subject}: {text}")?;
    }
    let sum = &report.summary;
    let count = |number: usize, severity: Severity, word: &str| {
        let style = if number == 0 { Style::new() } else { style(severity, colour) };
        let plural = if number == 1 || word == "info" { "" } else { "s" };
        format!("{style}{number} {word}{plural}{style:#}")
    };
    writeln!(
        out,
        "{}: {}, {}, {}; {} passed, {} skipped{}{}",
        subjects(&report.subjects),
        count(sum.error, Severity::Error, "error"),
        count(sum.warning, Severity::Warning, "warning"),
        count(sum.info, Severity::Info, "info"),
        sum.passed,
        sum.skipped,
        if sum.skipped > 0 && !verbose { " (-v says why)" } else { "" },
        allowed(report.allowed.len()),
    )
}

fn allowed(number: usize) -> String {
    if number == 0 { String::new() } else { format!(", {number} allowed") }
}

fn subjects(all: &[Subject]) -> String {
    if all.len() > brief::MANY {
        let together = all.iter().filter(|subject| subject.id == FLEET).count();
        let fleet = if together == 0 { "" } else { ", fleet" };
        return format!("{} subjects{fleet}", all.len() - together);
    }
    let named = |subject: &Subject| match &subject.os {
        Some(os) if subject.kind == "guest" => format!("{} ({os})", subject.id),
        _ => subject.id.clone(),
    };
    all.iter().map(named).collect::<Vec<_>>().join(", ")
}

/// The colour of a severity.
pub(super) fn style(severity: Severity, colour: bool) -> Style {
    let hue = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::BrightYellow,
        Severity::Info => AnsiColor::BrightBlue,
    };
    if colour { hue.on_default().bold() } else { Style::new() }
}
