//! Measurements as pictures, and as a page that needs nothing else.

use kvmtime_core::estimate::{Point, Stretches, band};
use kvmtime_core::units::Nanos;

use super::chart::{Axis, Chart, HEIGHT, Mark, STYLE, WIDTH, escaped};
use super::measurement::{Measurement, Measurements, text};

/// More bars than this are not told apart.
const MOST_BARS: usize = 2000;

/// All charts, one below the other.
pub(super) fn svg(all: &Measurements) -> String {
    let charts: Vec<Chart<'_>> = all.all.iter().flat_map(charts).collect();
    let mut height = 0.0;
    let mut inside = String::new();
    for chart in &charts {
        inside += &chart.svg(height);
        height += HEIGHT;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\">\n\
         <style>{STYLE}</style>\n{inside}</svg>\n"
    )
}

/// A page: what the terminal shows, and the charts.
pub(super) fn html(all: &Measurements) -> String {
    let mut words = Vec::new();
    // Writing to memory does not fail.
    let _ = text(&mut words, all);
    let words = escaped(&String::from_utf8_lossy(&words));
    let mut body = String::new();
    for measurement in &all.all {
        let series = &measurement.series;
        let title = format!("{} − {}", series.clock, series.against);
        body += &format!("<h2>{}</h2>\n<div class=\"charts\">\n", escaped(&title));
        for chart in charts(measurement) {
            body += &chart.svg(0.0);
        }
        body += "</div>\n";
    }
    let when = jiff::Timestamp::from_second(all.started).unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\"><title>kvmtime measure</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:15px system-ui,sans-serif;max-width:84rem;margin:1rem auto;padding:0 1rem}}\
         pre{{overflow-x:auto}}.charts{{display:flex;flex-wrap:wrap;gap:1rem}}.charts svg{{max-width:100%;height:auto}}\n{STYLE}</style>\
         </head><body>\n<h1>Clocks, measured {when}</h1>\n<pre>{words}</pre>\n{body}</body></html>\n"
    )
}

fn charts(measurement: &Measurement) -> Vec<Chart<'static>> {
    let stretches = Stretches::of(&measurement.series.readings);
    let points: Vec<Point> = stretches.parts.iter().flatten().copied().collect();
    let mut charts = Vec::new();
    charts.extend(offset(&points, &stretches, measurement));
    charts.extend(delays(measurement));
    charts.extend(allan(measurement));
    charts.extend(budget(measurement));
    charts
}

/// The readings, and what they allow together.
fn offset(
    points: &[Point],
    stretches: &Stretches,
    measurement: &Measurement,
) -> Option<Chart<'static>> {
    let origin = stretches.origin.ns();
    let ms = |ns: f64| (ns + origin) / 1e6;
    let bars: Vec<_> = points.iter().map(|p| (p.t, ms(p.lo), ms(p.hi))).collect();
    let bars: Vec<_> =
        bars.iter().step_by(bars.len().div_ceil(MOST_BARS).max(1)).copied().collect();
    let allowed = stretches.parts.iter().map(|part| {
        let band = band(part).into_iter().map(|(t, lo, hi)| (t, ms(lo), ms(hi)));
        Mark::Area("band", band.collect())
    });
    // One answer that took a second would leave nothing to be seen of the others.
    let usual = measurement.estimate.widths.p50.ns() * 2.0 / 1e6;
    let middles = bars.iter().map(|(_, lo, hi)| f64::midpoint(*lo, *hi));
    let near: Vec<f64> = middles
        .zip(&bars)
        .filter(|(_, (_, lo, hi))| hi - lo <= usual)
        .flat_map(|(middle, _)| [middle - usual / 2.0, middle + usual / 2.0])
        .collect();
    let y = Axis::around("ms; bars: readings, band: all of them together", near.iter().copied());
    let x = Axis::around("seconds", bars.iter().map(|bar| bar.0));
    let mut marks = vec![Mark::Bars("reading", bars)];
    marks.extend(allowed);
    (!points.is_empty()).then_some(Chart { title: "offset", x, y, marks })
}

/// How wide the readings are, by bins of a tenth of a decade.
fn delays(measurement: &Measurement) -> Option<Chart<'static>> {
    let readings = &measurement.series.readings;
    let width = |ns: Nanos| ns.ns().max(1.0) / 1e3;
    let widths: Vec<f64> = readings.iter().map(|r| width(r.offset.width())).collect();
    let x = Axis::decades("µs from end to end", widths.iter().copied());
    let bins: Vec<f64> = (0..=120)
        .map(|n| x.from * 10_f64.powf(f64::from(n) / 10.0))
        .take_while(|bin| *bin < x.to)
        .collect();
    let counted = bins.iter().map(|from| {
        let inside = widths.iter().filter(|w| (*from..*from * 1.258_925).contains(*w)).count();
        (from * 1.122, 0.0, f64::from(u32::try_from(inside).unwrap_or(u32::MAX)))
    });
    let bars: Vec<(f64, f64, f64)> = counted.collect();
    let y = Axis::around("readings", bars.iter().map(|bar| bar.2).chain([0.0]));
    let y = Axis { from: 0.0, ..y };
    let marks = vec![Mark::Bars("count", bars)];
    (!widths.is_empty()).then_some(Chart { title: "width of a reading: its delay", x, y, marks })
}

fn allan(measurement: &Measurement) -> Option<Chart<'static>> {
    let all = &measurement.estimate.stability;
    let adev: Vec<_> = all.iter().map(|s| (s.tau.secs(), s.adev.0)).collect();
    let mdev: Vec<_> = all.iter().map(|s| (s.tau.secs(), s.mdev.0)).collect();
    let both = adev.iter().chain(&mdev);
    let x = Axis::decades("τ in seconds", both.clone().map(|point| point.0));
    let y = Axis::decades("ppb; blue: ADEV, orange: MDEV", both.map(|point| point.1));
    let enough = adev.len() > 1;
    let marks = vec![Mark::Line("one", adev), Mark::Line("two", mdev)];
    enough.then_some(Chart { title: "Allan deviation", x, y, marks })
}

/// Each link's share of the error, and the sum.
fn budget(measurement: &Measurement) -> Option<Chart<'static>> {
    let budget = measurement.budget.as_ref().filter(|budget| budget.links.len() > 1)?;
    let ends = budget.links.iter().map(|link| link.offset).chain([budget.total]);
    let bars: Vec<(f64, f64, f64)> = (1_u32..)
        .zip(ends)
        .map(|(n, offset)| (f64::from(n), offset.lo.ns() / 1e6, offset.hi.ns() / 1e6))
        .collect();
    let y = Axis::around("ms", bars.iter().flat_map(|bar| [bar.1, bar.2]).chain([0.0]));
    let x = Axis {
        label: "the links of the chain, and their sum",
        logarithmic: false,
        from: 0.0,
        to: bars.last()?.0 + 1.0,
    };
    Some(Chart { title: "error budget", x, y, marks: vec![Mark::Bars("count", bars)] })
}
