//! What was measured: a line while it is, then a table, JSON or CSV.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kvmtime_core::budget::Budget;
use kvmtime_core::estimate::{Drift, Estimate, Event, Kind, Needed, Side};
use kvmtime_core::reading::{self, Interval, Reading, Series, Verdict};
use kvmtime_core::units::{Nanos, Ppb};
use serde::Serialize;

use super::json;

/// What was measured in one run of the program.
pub(crate) struct Measurements {
    /// When it began, seconds since 1970.
    pub(crate) started: i64,
    pub(crate) all: Vec<Measurement>,
    /// Better ways of measuring, and why each was not taken.
    pub(crate) missed: Vec<(String, String)>,
    pub(crate) budget: Option<Budget>,
}

/// What was measured of one pair of clocks.
pub(crate) struct Measurement {
    pub(crate) series: Series,
    pub(crate) estimate: Estimate,
    /// The chain on to UTC, where it is known.
    pub(crate) budget: Option<reading::Budget>,
    /// How many readings failed, and why the last did.
    pub(crate) lost: usize,
    pub(crate) lost_because: Option<String>,
    pub(crate) verdict: Option<Verdict>,
}

/// The line on a terminal's standard error while a run lasts; elsewhere a line every ten seconds.
pub(crate) struct Live {
    bar: ProgressBar,
    terminal: bool,
    said: Mutex<Nanos>,
}

const EVERY: Nanos = Nanos(10_000_000_000);
const EVERY_ON_TERMINAL: Nanos = Nanos(500_000_000);

impl Live {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let bar = match ProgressStyle::with_template("{msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, terminal: io::stderr().is_terminal(), said: Mutex::default() }
    }

    /// Shows what is known so far, if it is time to: `now` is asked for no sooner.
    pub(crate) fn show(
        &self,
        passed: Nanos,
        duration: Option<Nanos>,
        needed: Option<Needed>,
        now: impl FnOnce() -> Vec<Estimate>,
    ) {
        let Ok(mut said) = self.said.lock() else { return };
        if passed - *said < if self.terminal { EVERY_ON_TERMINAL } else { EVERY } {
            return;
        }
        *said = passed;
        let each = now().into_iter().map(|estimate| {
            let rate = estimate.drift.map(|drift| format!(", drift {:+}", drift.rate));
            format!("{}{}", offset(estimate.offset), rate.unwrap_or_default())
        });
        let end = match (duration, needed) {
            (Some(duration), _) => format!(" of {:.0} s", duration.secs()),
            (None, Some(needed)) => format!(" of about {:.0} s", needed.likely.secs()),
            (None, None) => String::new(),
        };
        let line =
            format!("{:.0} s{end}: {}", passed.secs(), each.collect::<Vec<_>>().join("  |  "));
        if self.terminal {
            self.bar.set_message(line);
        } else {
            // Where nobody can be told, the result still comes.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// `+1.234 ms ± 490.0 µs`.
pub(super) fn offset(interval: Interval) -> String {
    format!("{interval:+}")
}

pub(super) fn text(out: &mut dyn Write, all: &Measurements) -> io::Result<()> {
    for (index, measurement) in all.all.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(out, measurement)?;
        if let (Some(verdict), Some(budget)) = (measurement.verdict, &all.budget) {
            row(out, "budget", &verdict_words(measurement, verdict, budget))?;
        }
    }
    for (what, why) in &all.missed {
        row(out, "instead of", &format!("{what}: {why}"))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, measurement: &Measurement) -> io::Result<()> {
    let Measurement { series, estimate, .. } = measurement;
    let (middle, radius) = (estimate.offset.middle(), estimate.offset.radius());
    let ahead = if middle < Nanos(0) { "behind" } else { "ahead of" };
    writeln!(
        out,
        "{}: {} {ahead} {}, give or take {radius}",
        series.clock,
        middle.abs(),
        series.against
    )?;
    row(out, "by", &series.method)?;
    let widths = estimate.widths;
    let lost = match (measurement.lost, &measurement.lost_because) {
        (0, _) => String::new(),
        (lost, why) => format!("; {lost} failed ({})", why.as_deref().unwrap_or_default()),
    };
    row(
        out,
        "readings",
        &format!(
            "{} in {}, as wide as {} to {}, the median {}{lost}",
            estimate.readings, estimate.lasted, widths.min, widths.max, widths.p50
        ),
    )?;
    match &estimate.drift {
        Some(drift) => drifting(out, drift)?,
        None => row(out, "drift", "takes three readings")?,
    }
    for event in &estimate.events {
        row(out, "event", &event_words(event, series))?;
    }
    let all = &estimate.stability;
    for stability in all.first().into_iter().chain(all.last().filter(|_| all.len() > 1)) {
        let words = format!(
            "over {}: ADEV {}, TDEV {}",
            stability.tau,
            stability.adev,
            Nanos::from_ns(stability.tdev).unwrap_or_default()
        );
        row(out, "stability", &words)?;
    }
    chain(out, measurement.budget.as_ref())
}

fn drifting(out: &mut dyn Write, drift: &Drift) -> io::Result<()> {
    let [lo, hi] = drift.confidence;
    let range = |[lo, hi]: [Ppb; 2]| format!("{lo:+} to {hi:+}");
    let certain = match drift.hard {
        Some(hard) => format!("certainly {}", range(hard)),
        None => "no single rate fits all readings".to_owned(),
    };
    let rate = drift.rate;
    row(out, "drift", &format!("{rate:+} over {}; 95 %: {}", drift.over, range([lo, hi])))?;
    row(out, "", &format!("{certain}; least squares would say {:+}", drift.least_squares))?;
    if drift.is_likely() {
        return Ok(());
    }
    row(
        out,
        "",
        "no clock is so far off by itself: one of the two is slewed, or counts at a wrong rate",
    )
}

fn chain(out: &mut dyn Write, budget: Option<&reading::Budget>) -> io::Result<()> {
    let Some(reading::Budget { links, total }) = budget else { return Ok(()) };
    let [first, .., last] = &links[..] else { return Ok(()) };
    for (index, link) in links.iter().enumerate() {
        let title = if index == 0 { "chain" } else { "" };
        let words =
            format!("{} − {}: {} ({})", link.clock, link.against, offset(link.offset), link.method);
        row(out, title, &words)?;
    }
    row(out, "", &format!("{} − {}: {}", first.clock, last.against, offset(*total)))
}

fn verdict_words(measurement: &Measurement, verdict: Verdict, budget: &Budget) -> String {
    let total = measurement.budget.as_ref().map_or(measurement.estimate.offset, |b| b.total);
    let (Budget { limit, safe, .. }, whom) = (budget, budget.for_whom());
    match verdict {
        Verdict::Kept => format!("{safe}{whom} kept: at most {} off", total.worst()),
        Verdict::Exceeded => {
            format!("{limit}{whom} exceeded: at least {} off", total.lo.abs().min(total.hi.abs()))
        }
        Verdict::Unproven => {
            format!("{safe}{whom} not proven: it may be {} off", total.worst())
        }
    }
}

fn event_words(event: &Event, series: &Series) -> String {
    let whose = match event.side {
        Side::Clock => &series.clock,
        Side::Against => &series.against,
    };
    let size = offset(event.size);
    let alone = series.readings.first().is_some_and(|r| r.of.is_some() && r.against.is_none());
    match event.kind {
        Kind::Step => format!("{whose} was set by {size}"),
        Kind::Suspend => format!("{whose} was suspended for {size}"),
        Kind::Pause => format!("{whose} stood still for {size}"),
        Kind::Jump if alone && event.side == Side::Clock => {
            format!("{whose} moved by {size}: it stood still, or {} was set", series.against)
        }
        Kind::Jump => format!(
            "{whose} jumped by {size}: a step, or a pause, which cannot be told apart from here"
        ),
    }
}

fn row(out: &mut dyn Write, title: &str, words: &str) -> io::Result<()> {
    writeln!(out, "  {title:<11} {words}")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: json::Tool,
    units: Units,
    started: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'a Budget>,
    measurements: Vec<One<'a>>,
    missed: Vec<Missed<'a>>,
}

#[derive(Serialize)]
struct Units {
    time: &'static str,
    rate: &'static str,
    started: &'static str,
}

#[derive(Serialize)]
struct One<'a> {
    clock: &'a str,
    against: &'a str,
    method: &'a str,
    #[serde(flatten)]
    estimate: Shown<'a>,
    lost: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_because: Option<&'a str>,
    chain: Option<&'a reading::Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    readings: &'a [Reading],
}

/// An estimate, whose number of readings the readings themselves tell.
#[derive(Serialize)]
struct Shown<'a> {
    lasted: Nanos,
    offset: Interval,
    best: Interval,
    widths: kvmtime_core::estimate::Widths,
    drift: Option<&'a Drift>,
    stability: &'a [kvmtime_core::estimate::Stability],
    events: &'a [Event],
}

#[derive(Serialize)]
struct Missed<'a> {
    what: &'a str,
    why: &'a str,
}

pub(super) fn json(out: &mut dyn Write, all: &Measurements) -> io::Result<()> {
    fn one(m: &Measurement) -> One<'_> {
        let Measurement { series, estimate, budget, lost, lost_because, verdict } = m;
        One {
            clock: &series.clock,
            against: &series.against,
            method: &series.method,
            estimate: Shown {
                lasted: estimate.lasted,
                offset: estimate.offset,
                best: estimate.best,
                widths: estimate.widths,
                drift: estimate.drift.as_ref(),
                stability: &estimate.stability,
                events: &estimate.events,
            },
            lost: *lost,
            lost_because: lost_because.as_deref(),
            chain: budget.as_ref(),
            verdict: *verdict,
            readings: &series.readings,
        }
    }
    json::value(
        out,
        &Document {
            schema: "kvmtime.measure/1",
            tool: json::TOOL,
            units: Units { time: "ns", rate: "ppb", started: "s since 1970" },
            started: all.started,
            budget: all.budget.as_ref(),
            measurements: all.all.iter().map(one).collect(),
            missed: all.missed.iter().map(|(what, why)| Missed { what, why }).collect(),
        },
    )
}

pub(super) fn csv(out: &mut dyn Write, all: &Measurements) -> io::Result<()> {
    writeln!(out, "clock,against,at_ns,offset_lo_ns,offset_hi_ns")?;
    for Measurement { series, .. } in &all.all {
        for reading in &series.readings {
            writeln!(
                out,
                "{},{},{},{},{}",
                quoted(&series.clock),
                quoted(&series.against),
                reading.at.0,
                reading.offset.lo.0,
                reading.offset.hi.0
            )?;
        }
    }
    Ok(())
}

/// RFC 4180, 2: what holds a comma, a quote or a line's end stands in quotes.
pub(super) fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
