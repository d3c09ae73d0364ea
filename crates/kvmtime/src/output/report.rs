//! A report for people: the worst last, one idea a line, the cure in sight.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use kvmtime_core::check::{Report, Subject};
use kvmtime_core::finding::{Cure, Effect, Finding, Risk, Severity};

use super::Verbosity;

/// With more subjects than this a finding is one line: nobody reads ten thousand excerpts.
const MANY: usize = 20;

pub(super) fn text(
    out: &mut dyn Write,
    report: &Report,
    verbosity: Verbosity,
    colour: bool,
) -> io::Result<()> {
    if report.subjects.is_empty() {
        return writeln!(out, "nothing to check was found");
    }
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    let many = report.subjects.len() > MANY && !verbosity.verbose;
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    for finding in findings {
        if many {
            brief(out, finding, colour)?;
        } else {
            let shown = snippet(finding, report.subjects.len() > 1, verbosity.verbose);
            writeln!(out, "{}\n", renderer.render(&[shown]))?;
        }
    }
    if verbosity.quiet {
        return Ok(());
    }
    if verbosity.verbose {
        for skipped in &report.skipped {
            writeln!(
                out,
                "skipped {} on {}, because {}",
                skipped.rule, skipped.subject, skipped.why
            )?;
        }
    }
    closing(out, report, colour)
}

fn brief(out: &mut dyn Write, finding: &Finding, colour: bool) -> io::Result<()> {
    match &finding.location {
        Some(place) => write!(out, "{}:{}:{}: ", place.path, place.at.line, place.at.column)?,
        None => write!(out, "{}: ", finding.subject)?,
    }
    let style = style(finding.severity, colour);
    let word = finding.severity.word();
    writeln!(out, "{style}{word}{style:#}: {} [{}]", finding.message, finding.rule)
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
    group.element(note(cure(&finding.cure)))
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

fn cure(cure: &Cure) -> String {
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
    format!("cure: {} ({effect}{risk})", cure.summary)
}

fn closing(out: &mut dyn Write, report: &Report, colour: bool) -> io::Result<()> {
    let sum = &report.summary;
    let count = |number: usize, severity: Severity, word: &str| {
        let style = if number == 0 { Style::new() } else { style(severity, colour) };
        let plural = if number == 1 || word == "info" { "" } else { "s" };
        format!("{style}{number} {word}{plural}{style:#}")
    };
    writeln!(
        out,
        "{}: {}, {}, {}; {} passed, {} skipped{}",
        subjects(&report.subjects),
        count(sum.error, Severity::Error, "error"),
        count(sum.warning, Severity::Warning, "warning"),
        count(sum.info, Severity::Info, "info"),
        sum.passed,
        sum.skipped,
        if sum.skipped > 0 { " (-v says why)" } else { "" },
    )
}

fn subjects(all: &[Subject]) -> String {
    if all.len() > MANY {
        return format!("{} subjects", all.len());
    }
    all.iter().map(|subject| subject.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn style(severity: Severity, colour: bool) -> Style {
    let hue = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::BrightYellow,
        Severity::Info => AnsiColor::BrightBlue,
    };
    if colour { hue.on_default().bold() } else { Style::new() }
}
