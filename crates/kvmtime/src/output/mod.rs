//! What users see: the only place that prints.

mod bench;
mod bench_svg;
mod bench_workload;
mod brief;
mod chart;
mod columns;
mod correction;
mod event;
mod explain;
mod facts;
mod format;
mod guard;
mod history;
mod json;
mod junit;
mod limit;
mod markdown;
mod measurement;
mod measurement_report;
mod nagios;
mod printer;
mod report;
mod rules;
mod sarif;
mod settings;
mod steps;
mod translation;

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kvmtime_core::bench::{Bench, Change, Trial, Workload};
use kvmtime_core::events::Event;
use kvmtime_core::facts::Facts;
use kvmtime_core::guard::{Said, Status};
use kvmtime_core::messages::Explained;
use kvmtime_core::reading::Earlier;
use kvmtime_core::rule::Rule;
use kvmtime_core::symptoms::Ranked;
use kvmtime_core::sync::Correction;
use kvmtime_core::translate::{Difference, Translation};

pub(crate) use bench_svg::draw;
pub(crate) use format::{Colour, Format, Plain, Table, Verbosity};
pub(crate) use limit::Limit;
pub(crate) use measurement::{Live, Measurement, Measurements};
pub(crate) use nagios::State;
use printer::Whole;
pub(crate) use printer::{Printer, Terms};
pub use rules::page as rule_page;
pub(crate) use settings::{Allow, Setting, Settings};
pub(crate) use steps::Steps;

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

/// The schema of everything that is explained.
const EXPLAIN: &str = "kvmtime.explain/1";

/// Prints a rule's page.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn page(rule: &Rule, format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => out.write_all(rule_page(rule).as_bytes()),
        Plain::Json => {
            json::value(out, &serde_json::json!({ "schema": EXPLAIN, "rule": rules::one(rule) }))
        }
    })
}

/// Prints what messages mean.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn messages(found: &[Explained], format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => explain::messages(out, found, Colour::Auto.shown()),
        Plain::Json => json::value(out, &explain::messages_json(found)),
    })
}

/// Prints what may cause a complaint.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn causes(complaint: &str, ranked: &[Ranked], format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => explain::causes(out, ranked, Colour::Auto.shown()),
        Plain::Json => json::value(out, &explain::causes_json(complaint, ranked)),
    })
}

/// Prints what becomes of domains' settings.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn translations(all: &[&Translation], format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => translation::text(out, all),
        Plain::Json => translation::json(out, "kvmtime.translate/1", all),
    })
}

/// Prints what an upgrade changes.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn differences(all: &[Difference], format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => translation::differences(out, all),
        Plain::Json => translation::json(out, "kvmtime.translate-diff/1", all),
    })
}

/// Prints what reading clocks costs.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn bench(measured: &Bench, format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => bench::text(out, measured),
        Plain::Json => json::value(out, measured),
    })
}

/// Prints how often a program reads clocks.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn workload(seen: &Workload, format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => bench_workload::text(out, seen),
        Plain::Json => bench_workload::json(out, seen),
    })
}

/// Prints what sysbench says of clocksources.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn trials(costs: &Bench, trials: &[Trial], format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => bench_workload::trials(out, costs, trials),
        Plain::Json => bench_workload::trials_json(out, costs, trials),
    })
}

/// Prints what moved from one run of `bench` to another.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn bench_changes(
    before: &Bench,
    after: &Bench,
    changes: &[Change],
    format: Plain,
) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => bench::changes_text(out, before, after, changes),
        Plain::Json => bench::changes_json(out, changes),
    })
}

/// Prints measurements.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn measurements(all: &Measurements, format: Table) -> io::Result<()> {
    to_stdout(|out| match format {
        Table::Text => measurement::text(out, all),
        Table::Json => measurement::json(out, all),
        Table::Csv => measurement::csv(out, all),
    })
}

/// Prints what was done to guests' clocks, and what makes it worth less.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn corrections(
    all: &[Correction],
    doubt: Option<&str>,
    format: Plain,
) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => correction::text(out, all, doubt),
        Plain::Json => correction::json(out, "kvmtime.sync/1", all, doubt),
    })
}

/// Prints what was done to guests' clocks earlier.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn past_corrections(all: &[Correction], format: Table) -> io::Result<()> {
    to_stdout(|out| match format {
        Table::Text => correction::past(out, all),
        Table::Json => correction::json(out, "kvmtime.corrections/1", all, None),
        Table::Csv => correction::csv(out, all),
    })
}

/// Prints earlier measurements.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn history(all: &[Earlier], format: Table) -> io::Result<()> {
    to_stdout(|out| match format {
        Table::Text => history::text(out, all),
        Table::Json => history::json(out, all),
        Table::Csv => history::csv(out, all),
    })
}

/// Earlier measurements as a picture.
pub(crate) fn history_svg(all: &[Earlier]) -> String {
    history::svg(all)
}

/// Measurements as a picture.
pub(crate) fn measurements_svg(all: &Measurements) -> String {
    measurement_report::svg(all)
}

/// Measurements as a page that needs nothing else.
pub(crate) fn measurements_html(all: &Measurements) -> String {
    measurement_report::html(all)
}

/// Prints an event when it happens.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn event(event: &Event, format: Table) -> io::Result<()> {
    to_stdout(|out| match format {
        Table::Json => event::json(out, event),
        Table::Text | Table::Csv => event::text(out, event),
    })
}

/// Prints what a guard does.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn guard(said: &Said<'_>) -> io::Result<()> {
    to_stdout(|out| guard::said(out, said))
}

/// Prints what a guard says of itself.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn guard_status(status: &Status, format: Plain) -> io::Result<()> {
    to_stdout(|out| match format {
        Plain::Text => guard::status(out, status),
        Plain::Json => json::value(out, status),
    })
}

/// Prints one line.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn line(text: &str) -> io::Result<()> {
    to_stdout(|out| writeln!(out, "{text}"))
}

/// Tells a monitoring system that nothing can be told.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn unknown(why: &str) -> io::Result<()> {
    to_stdout(|out| nagios::unknown(out, why))
}

/// Prints an error, and what may help. Where nobody can be told, the exit status tells.
pub(crate) fn error(text: &str, hint: Option<&str>) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "kvmtime: {text}");
    if let Some(hint) = hint {
        let _ = writeln!(err, "hint: {hint}");
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

/// Writes through one large buffer.
fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|error| io::Error::new(error.kind(), format!("cannot write the output: {error}")))
}
