//! What was measured earlier, as a table, JSON, CSV and a picture.

use std::collections::BTreeSet;
use std::io::{self, Write};

use jiff::Timestamp;
use kvmtime_core::reading::{Earlier, Interval};
use kvmtime_core::units::Nanos;
use serde::Serialize;

use super::chart::{Axis, Chart, HEIGHT, Mark, STYLE, WIDTH};
use super::json;
use super::measurement::{offset, quoted};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    measurements: &'a [Earlier],
}

pub(super) fn json(out: &mut dyn Write, all: &[Earlier]) -> io::Result<()> {
    json::value(out, &Document { schema: "kvmtime.history/1", measurements: all })
}

pub(super) fn text(out: &mut dyn Write, all: &[Earlier]) -> io::Result<()> {
    let width = all.iter().map(|one| one.clock.chars().count()).max().unwrap_or_default();
    for one in all {
        let rate = one.rate.map_or(String::new(), |rate| format!("  drift {rate:+}"));
        let events = match one.events {
            0 => String::new(),
            count => format!("  events: {count}"),
        };
        let (when, clock) = (time(one.started), &one.clock);
        let found = offset(one.offset);
        writeln!(out, "{when}  {clock:width$}  − {}  {found}{rate}{events}", one.against)?;
    }
    Ok(())
}

pub(super) fn csv(out: &mut dyn Write, all: &[Earlier]) -> io::Result<()> {
    writeln!(out, "started,clock,against,offset_lo_ns,offset_hi_ns,rate_ppb,events")?;
    for one in all {
        let rate = one.rate.map_or(String::new(), |rate| rate.0.to_string());
        let (clock, against) = (quoted(&one.clock), quoted(&one.against));
        let Interval { lo, hi } = one.offset;
        let when = time(one.started);
        writeln!(out, "{when},{clock},{against},{},{},{rate},{}", lo.0, hi.0, one.events)?;
    }
    Ok(())
}

/// A chart for each pair of clocks.
pub(super) fn svg(all: &[Earlier]) -> String {
    let pairs: BTreeSet<(&str, &str)> =
        all.iter().map(|one| (one.clock.as_str(), one.against.as_str())).collect();
    let mut inside = String::new();
    let mut height = 0.0;
    for pair in pairs {
        let own = all.iter().filter(|one| (one.clock.as_str(), one.against.as_str()) == pair);
        let own: Vec<&Earlier> = own.collect();
        let end = own.last().map_or(0, |one| one.started);
        let days = |one: &&Earlier| Nanos::of_timespec(one.started - end, 0).secs() / 86_400.0;
        let bars: Vec<(f64, f64, f64)> = (own.iter())
            .map(|one| (days(one), one.offset.lo.ns() / 1e6, one.offset.hi.ns() / 1e6))
            .collect();
        let x = Axis::around("days before the last", bars.iter().map(|bar| bar.0));
        let y = Axis::around("ms", bars.iter().flat_map(|bar| [bar.1, bar.2]));
        let title = format!("{} − {}", pair.0, pair.1);
        let middles = bars.iter().map(|(t, lo, hi)| (*t, f64::midpoint(*lo, *hi))).collect();
        let marks = vec![Mark::Bars("count", bars), Mark::Line("two", middles)];
        inside += &Chart { title: &title, x, y, marks }.svg(height);
        height += HEIGHT;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\">\n\
         <style>{STYLE}</style>\n{inside}</svg>\n"
    )
}

pub(super) fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
