//! What users see: the only place that prints.
#![expect(clippy::print_stderr, reason = "this is where errors are printed")]

mod facts;
mod json;
mod report;
mod rules;

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kvmtime_core::check::Report;
use kvmtime_core::facts::Facts;
use kvmtime_core::rule::Rule;

pub use rules::page as rule_page;

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
}

/// How much of a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Verbosity {
    /// Show where each value came from, and why rules were skipped
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,

    /// Print findings only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Prints a report.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn report(report: &Report, format: Format, verbosity: Verbosity) -> io::Result<()> {
    match format {
        Format::Text => to_stdout(|out, colour| report::text(out, report, verbosity, colour)),
        Format::Json => to_stdout(|out, _| json::report(out, report)),
    }
}

/// Prints facts.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn facts(facts: &Facts, format: Format) -> anyhow::Result<()> {
    let json = serde_json::to_value(facts)?;
    to_stdout(|out, _| match format {
        Format::Text => facts::text(out, &json),
        Format::Json => json::value(out, &json),
    })?;
    Ok(())
}

/// Prints the catalogue.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn rules(format: Format) -> io::Result<()> {
    to_stdout(|out, _| match format {
        Format::Text => rules::table(out),
        Format::Json => json::value(out, &rules::json()),
    })
}

/// Prints a rule's page.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn page(rule: &Rule) -> io::Result<()> {
    to_stdout(|out, _| out.write_all(rule_page(rule).as_bytes()))
}

/// Prints one line.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn line(text: &str) -> io::Result<()> {
    to_stdout(|out, _| writeln!(out, "{text}"))
}

/// Prints an error, and what may help.
pub(crate) fn error(text: &str, hint: Option<&str>) {
    eprintln!("kvmtime: {text}");
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
}

/// A bar on standard error while many files are read; nothing off a terminal.
pub(crate) fn progress(length: usize) -> ProgressBar {
    // Ten times a second is enough for an eye, and drawing costs next to nothing.
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    match ProgressStyle::with_template("{bar:30} {pos}/{len} files") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Writes through one large buffer, in colour only on a terminal that wants it.
fn to_stdout(write: impl FnOnce(&mut dyn Write, bool) -> io::Result<()>) -> io::Result<()> {
    let stdout = io::stdout();
    let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let mut out = io::BufWriter::with_capacity(1 << 16, stdout.lock());
    write(&mut out, colour)?;
    out.flush()
}
