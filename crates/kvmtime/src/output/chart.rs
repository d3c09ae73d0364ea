//! Charts: data in, SVG out. Colours are left to classes, so that one picture is right by day and by night.

use std::fmt::Write;

/// One picture with axes.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) x: Axis<'a>,
    pub(super) y: Axis<'a>,
    pub(super) marks: Vec<Mark>,
}

/// One of its axes.
pub(super) struct Axis<'a> {
    pub(super) label: &'a str,
    pub(super) logarithmic: bool,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// What is drawn; the class is what it means.
pub(super) enum Mark {
    /// A line through points.
    Line(&'static str, Vec<(f64, f64)>),
    /// Upright bars at x, from y to y.
    Bars(&'static str, Vec<(f64, f64, f64)>),
    /// What lies between two lines.
    Area(&'static str, Vec<(f64, f64, f64)>),
}

pub(super) const WIDTH: f64 = 640.0;
pub(super) const HEIGHT: f64 = 300.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 44.0;

/// The classes' colours.
pub(super) const STYLE: &str = "\
.chart{font:12px system-ui,sans-serif;--ink:#222;--paper:#fff;--faint:#ddd;--one:#1f6feb;--two:#bf5700}
@media(prefers-color-scheme:dark){.chart{--ink:#ddd;--paper:#16181d;--faint:#333;--one:#79b8ff;--two:#ffab70}}
.chart .paper{fill:var(--paper)}.chart text{fill:var(--ink)}.chart .title{font-weight:600}
.chart .grid{stroke:var(--faint);stroke-width:1}.chart .frame{stroke:var(--ink);fill:none}
.chart .one{stroke:var(--one);fill:none;stroke-width:1.5}.chart .two{stroke:var(--two);fill:none;stroke-width:1.5}
.chart .reading{stroke:var(--one);stroke-opacity:.35;stroke-width:1}.chart .band{fill:var(--two);fill-opacity:.35;stroke:var(--two)}
.chart .count{stroke:var(--one);stroke-width:6}";

impl Axis<'_> {
    /// From the least to the greatest of some values, with a little room.
    pub(super) fn around(label: &str, values: impl Iterator<Item = f64> + Clone) -> Axis<'_> {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        let room = ((most - least) * 0.05).max(most.abs() * 1e-9).max(f64::MIN_POSITIVE);
        Axis { label, logarithmic: false, from: least - room, to: most + room }
    }

    /// The same by powers of ten.
    pub(super) fn decades(label: &str, values: impl Iterator<Item = f64> + Clone) -> Axis<'_> {
        let positive = values.filter(|value| *value > 0.0);
        let least = positive.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let most = positive.fold(f64::NEG_INFINITY, f64::max).log10().ceil();
        let (from, to) = if least < most { (least, most) } else { (least, least + 1.0) };
        Axis { label, logarithmic: true, from: 10_f64.powf(from), to: 10_f64.powf(to) }
    }

    /// Where a value lies, from 0 to 1; what is off the axis is moved to its end.
    fn place(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => (value / self.from).log10() / (self.to / self.from).log10(),
            false => (value - self.from) / (self.to - self.from),
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Round values on the axis.
    fn ticks(&self) -> Vec<f64> {
        let span = self.to - self.from;
        if !span.is_finite() || span <= 0.0 || self.logarithmic && self.from <= 0.0 {
            return vec![];
        }
        if self.logarithmic {
            let powers =
                (-30..30).map(|n| 10_f64.powi(n)).skip_while(|tick| *tick < self.from * 0.999);
            return powers.take_while(|tick| *tick <= self.to * 1.001).collect();
        }
        let rough = span / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(rough);
        let first = (self.from / step).ceil();
        let ticks = (0..12).map(|n| (first + f64::from(n)) * step);
        ticks.take_while(|tick| *tick <= self.to).collect()
    }

    fn number(&self, value: f64) -> String {
        if self.logarithmic {
            let plain = (1e-3..1e5).contains(&value);
            return if plain { value.to_string() } else { format!("{value:e}") };
        }
        let span = self.to - self.from;
        // As many places as tell two ticks apart.
        let places = (1.0 - span.abs().log10()).ceil().clamp(0.0, 9.0);
        let places = (0..10).find(|n| f64::from(*n) >= places).unwrap_or_default();
        let places = usize::try_from(places).unwrap_or_default();
        if value.abs() < span.abs() * 1e-9 { "0".to_owned() } else { format!("{value:.places$}") }
    }
}

impl Chart<'_> {
    /// The picture, to stand in another at some height or in a page.
    pub(super) fn svg(&self, top: f64) -> String {
        let mut svg = format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\
             <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\
             <text class=\"title\" x=\"{LEFT}\" y=\"20\">{title}</text>\n",
            title = escaped(self.title)
        );
        self.axes(&mut svg);
        for mark in &self.marks {
            self.mark(&mut svg, mark);
        }
        svg + "</svg>\n"
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let right = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT);
        let down = HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM);
        (right, down)
    }

    fn axes(&self, svg: &mut String) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        // Writing to a String does not fail, here and below.
        for tick in self.x.ticks() {
            let (x, _) = self.at(tick, self.y.from);
            let (number, below) = (self.x.number(tick), bottom + 16.0);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{x:.1} {TOP}V{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{below}\" text-anchor=\"middle\">{number}</text>"
            );
        }
        for tick in self.y.ticks() {
            let (_, y) = self.at(self.x.from, tick);
            let (number, beside, middle) = (self.y.number(tick), LEFT - 6.0, y + 4.0);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text x=\"{beside}\" y=\"{middle:.1}\" text-anchor=\"end\">{number}</text>"
            );
        }
        let _ = writeln!(
            svg,
            "<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <text x=\"{right}\" y=\"20\" text-anchor=\"end\">{}</text>",
            right - LEFT,
            bottom - TOP,
            HEIGHT - 8.0,
            escaped(self.x.label),
            escaped(self.y.label)
        );
    }

    fn mark(&self, svg: &mut String, mark: &Mark) {
        let path = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            let placed = points.map(|(x, y)| self.at(x, y));
            let words: Vec<String> = placed.map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            words.join("L")
        };
        let (class, shape) = match mark {
            Mark::Line(class, points) => (class, format!("M{}", path(&mut points.iter().copied()))),
            Mark::Bars(class, bars) => {
                let bar = |(x, lo, hi): &(f64, f64, f64)| {
                    let ((x, low), (_, high)) = (self.at(*x, *lo), self.at(*x, *hi));
                    format!("M{x:.1} {low:.1}V{high:.1}")
                };
                (class, bars.iter().map(bar).collect())
            }
            Mark::Area(class, area) => {
                let upper = area.iter().map(|(x, _, hi)| (*x, *hi));
                let lower = area.iter().rev().map(|(x, lo, _)| (*x, *lo));
                (class, format!("M{}Z", path(&mut upper.chain(lower))))
            }
        };
        if shape.len() > 2 {
            let _ = writeln!(svg, "<path class=\"{class}\" d=\"{shape}\"/>");
        }
    }
}

/// Text that may stand in XML and HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // No other control character may stand in XML.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_on_the_axis() {
        let axis = Axis { label: "", logarithmic: false, from: -0.3, to: 1.1 };
        let ticks: Vec<String> = axis.ticks().into_iter().map(|tick| axis.number(tick)).collect();
        assert_eq!(ticks, ["0", "0.5", "1.0"]);
        let axis = Axis::decades("", [3.0, 2000.0].into_iter());
        assert_eq!(axis.ticks().len(), 5);
        assert!((axis.place(100.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_number_is_drawn_somewhere() {
        let axis = || Axis::around("", [f64::NAN].into_iter());
        let marks = vec![Mark::Line("one", vec![(f64::NAN, f64::INFINITY)])];
        let svg = Chart { title: "<&>", x: axis(), y: axis(), marks }.svg(0.0);
        assert!(!svg.contains("NaN") && !svg.contains("inf") && svg.contains("&lt;&amp;&gt;"));
    }
}
