//! The costs of reads as a picture: a bar for each clock and clocksource, up to the median, with a line from the least to 95 %: above
//! that are interruptions.

use kvmtime_core::bench::{Bench, Cost, Path};

/// Places in the picture, pixels.
const WIDTH: f64 = 900.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 70.0;
const TOP: f64 = 76.0;
const BAR: f64 = 13.0;
const GAP: f64 = 8.0;

/// Classes and not colours, so that light and dark both work.
const STYLE: &str = "\
text{font:12px sans-serif;fill:#222}.t{font-weight:bold;font-size:14px}.e{text-anchor:end}.m{text-anchor:middle}\
.g{stroke:#ccc}.w{stroke:#222}.b0{fill:#3b76b0}.b1{fill:#e08a2e}.b2{fill:#4c9a52}.b3{fill:#9a5fb0}\
@media(prefers-color-scheme:dark){svg{background:#181818}text{fill:#ddd}.g{stroke:#444}.w{stroke:#ddd}}";

/// Draws the picture.
pub(crate) fn draw(bench: &Bench) -> String {
    let shown: Vec<&Cost> =
        bench.tables.first().into_iter().flat_map(|table| &table.reads).collect();
    let group = BAR * bench.tables.len() as f64 + GAP;
    let height = TOP + group * shown.len() as f64 + 30.0;
    let scale = Scale::of(bench);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">\n<style>{STYLE}</style>\n"
    );
    let title =
        format!("{}, Linux {}: nanoseconds a read", bench.machine.cpu, bench.machine.kernel);
    svg += &text("t", 10.0, 22.0, &title);
    for (index, table) in bench.tables.iter().enumerate() {
        let x = 10.0 + 140.0 * index as f64;
        svg += &format!(
            "<rect class=\"b{}\" x=\"{x}\" y=\"34\" width=\"12\" height=\"12\"/>\n",
            index % 4
        );
        svg += &text("", x + 18.0, 45.0, &table.clocksource);
    }
    for ns in scale.decades() {
        let x = scale.x(ns);
        let bottom = height - 24.0;
        svg += &format!("<path class=\"g\" d=\"M{x:.1} {}V{bottom:.1}\"/>\n", TOP - 6.0);
        svg += &text("m", x, height - 8.0, &format!("{ns}"));
    }
    for (row, cost) in shown.iter().enumerate() {
        let top = TOP + group * row as f64;
        svg += &text("e", LEFT - 8.0, top + (group - GAP) / 2.0 + 4.0, &label(cost));
        for (index, table) in bench.tables.iter().enumerate() {
            if let Some(cost) = table.cost(&cost.clock, cost.path) {
                svg += &bar(&scale, cost, index, top + BAR * index as f64);
            }
        }
    }
    svg + "</svg>\n"
}

fn label(cost: &Cost) -> String {
    match cost.path {
        Path::SystemCall => format!("{}, system call", cost.clock),
        Path::Library | Path::Counter => cost.clock.clone(),
    }
}

fn bar(scale: &Scale, cost: &Cost, index: usize, y: f64) -> String {
    let (least, most, end) = (scale.x(cost.ns.min), scale.x(cost.ns.p95), scale.x(cost.ns.p50));
    let (height, middle) = (BAR - 2.0, y + BAR / 2.0 - 1.0);
    let (class, width) = (index % 4, end - LEFT);
    format!(
        "<rect class=\"b{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\"/>\
         <path class=\"w\" d=\"M{least:.1} {middle:.1}H{most:.1}\"/>\n{}",
        text("", most.max(end) + 5.0, y + BAR - 3.0, &format!("{:.1}", cost.ns.p50))
    )
}

fn text(class: &str, x: f64, y: f64, content: &str) -> String {
    let content = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{content}</text>\n")
}

/// Logarithmic: a coarse clock costs 3 ns, an emulated one 1000.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(bench: &Bench) -> Self {
        let costs = bench.tables.iter().flat_map(|table| &table.reads).map(|cost| &cost.ns);
        let (low, high) = costs.fold((f64::MAX, 0.0), |(low, high): (f64, f64), ns| {
            (low.min(ns.min), high.max(ns.p95))
        });
        // A decade at least, and whole ones: the axis then has two numbers on it.
        let low = low.clamp(0.1, 1e9).log10().floor();
        Self { low, high: high.max(1.0).log10().ceil().max(low + 1.0) }
    }

    fn x(&self, ns: f64) -> f64 {
        let share = (ns.max(0.1).log10() - self.low) / (self.high - self.low);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        std::iter::successors(Some(low), |power| Some(power + 1.0))
            .take_while(move |power| *power <= high)
            .map(|power| 10_f64.powf(power))
    }
}

#[cfg(test)]
mod tests {
    use kvmtime_core::bench::{Conditions, Counter, Machine, SCHEMA, Sample, Table};

    use super::*;

    fn bench(tables: &[(&str, &[f64])]) -> Bench {
        let cost = |ns: &f64| Cost {
            clock: "A<B".to_owned(),
            path: Path::Library,
            ns: Sample::of(&[*ns]),
            rounds: vec![*ns],
            vdso: None,
        };
        let table = |(name, costs): &(&str, &[f64])| Table {
            clocksource: (*name).to_owned(),
            reads: costs.iter().map(cost).collect(),
            steps: vec![],
            threads: vec![],
            orders: vec![],
        };
        Bench {
            schema: SCHEMA.to_owned(),
            version: String::new(),
            machine: Machine {
                cpu: "C & D".to_owned(),
                cpus: 1,
                kernel: "6.1".to_owned(),
                hypervisor: None,
                clocksource: "tsc".to_owned(),
                available: vec![],
            },
            conditions: Conditions { load: 0.0, steal_s: 0.0, waited_s: 0.0 },
            counter: Counter { name: None, hz: 1e9 },
            tables: tables.iter().map(table).collect(),
            comparisons: vec![],
            failed: vec![],
            wakeups: vec![],
            took_s: 0.0,
        }
    }

    #[test]
    fn a_bar_is_as_long_as_its_cost_on_the_axis() {
        let svg = draw(&bench(&[("tsc", &[10.0]), ("hpet", &[1000.0])]));
        // From 10 to 1000 ns there are two decades: none of the axis, and all of it.
        assert!(svg.contains("class=\"b0\" x=\"220\" y=\"76.0\" width=\"0.0\""), "{svg}");
        assert!(svg.contains("class=\"b1\" x=\"220\" y=\"89.0\" width=\"610.0\""), "{svg}");
        assert!(svg.contains("C &amp; D") && svg.contains("A&lt;B"), "{svg}");
    }

    #[test]
    fn nothing_measured_draws_an_empty_picture() {
        let svg = draw(&bench(&[]));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}
