//! What users see: the only place that prints.
#![expect(clippy::print_stderr, reason = "this is where errors are printed")]

mod brief;
mod facts;
mod json;
mod limit;
mod report;
mod rules;
mod settings;

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kvmtime_core::check::Report;
use kvmtime_core::facts::Facts;
use kvmtime_core::finding::Severity;
use kvmtime_core::rule::Rule;

pub(crate) use limit::Limit;
pub use rules::page as rule_page;
pub(crate) use settings::{Allow, Setting, Settings};

/// How a report is printed.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
}

/// How anything but a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum Plain {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
}

/// Whether text is coloured.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
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

/// Prints a report that comes in parts.
pub(crate) struct Printer {
    format: Format,
    verbosity: Verbosity,
    colour: bool,
    report: Report,
    brief: brief::Lines,
}

impl Printer {
    pub(crate) fn new(format: Format, colour: Colour, verbosity: Verbosity) -> Self {
        let (report, brief) = (Report::default(), brief::Lines::default());
        Self { format, verbosity, colour: colour.shown(), report, brief }
    }

    /// Takes a part. Of many subjects only what is printed of them is kept.
    pub(crate) fn add(&mut self, part: Report) {
        self.report.append(part);
        let many = self.report.subjects.len() > brief::MANY;
        if many && self.format == Format::Text && !self.verbosity.verbose {
            for finding in self.report.findings.drain(..) {
                self.brief.add(&finding, self.colour);
            }
            self.report.skipped.clear();
        }
    }

    /// Whether anything was judged.
    pub(crate) fn is_empty(&self) -> bool {
        self.report.subjects.is_empty()
    }

    /// The worst finding's severity.
    pub(crate) fn worst(&self) -> Option<Severity> {
        self.report.summary.worst()
    }

    /// Prints it all.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn finish(&self) -> io::Result<()> {
        to_stdout(|out| match self.format {
            Format::Text => self.text(out),
            Format::Json => json::report(out, &self.report),
        })
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Verbosity { verbose, quiet } = self.verbosity;
        if self.is_empty() {
            return writeln!(out, "nothing to check was found");
        }
        self.brief.write(out)?;
        report::findings(out, &self.report, verbose, self.colour)?;
        if verbose {
            report::skipped(out, &self.report)?;
        }
        if quiet { Ok(()) } else { report::closing(out, &self.report, self.colour) }
    }
}

/// Prints facts.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn facts(facts: &Facts, format: Plain) -> anyhow::Result<()> {
    let json = serde_json::to_value(facts)?;
    to_stdout(|out| match format {
        Plain::Text => facts::text(out, &json),
        Plain::Json => json::value(out, &json),
    })?;
    Ok(())
}

/// Prints settings, and where each value came from.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn settings(settings: &Settings, format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => settings::text(out, settings),
        Plain::Json => json::value(out, settings),
    })
}

/// Prints the catalogue.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn rules(format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => rules::table(out),
        Plain::Json => json::value(out, &rules::json()),
    })
}

/// Prints a rule's page.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn page(rule: &Rule) -> io::Result<()> {
    to_stdout(|out| out.write_all(rule_page(rule).as_bytes()))
}

/// Prints one line.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn line(text: &str) -> io::Result<()> {
    to_stdout(|out| writeln!(out, "{text}"))
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

impl Colour {
    fn shown(self) -> bool {
        match self {
            Self::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Writes through one large buffer.
fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    out.flush()
}
