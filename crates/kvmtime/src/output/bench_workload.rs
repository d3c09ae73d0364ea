//! What clocks cost a program, for people and as JSON.

use std::io::{self, Write};

use kvmtime_core::bench::{Bench, Interval, Prediction, Trial, Verdict, Workload, median};
use serde::Serialize;

use super::bench::{change, machine, number};
use super::columns::columns;
use super::json;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    workload: &'a Workload,
}

pub(super) fn json(out: &mut dyn Write, workload: &Workload) -> io::Result<()> {
    json::value(out, &Document { schema: "kvmtime.bench-workload/1", workload })
}

pub(super) fn text(out: &mut dyn Write, seen: &Workload) -> io::Result<()> {
    let verb = if seen.sampled.is_some() { "was watched for" } else { "ran for" };
    writeln!(
        out,
        "{}: {verb} {} s and took {} s of the processors",
        seen.program,
        number(seen.wall_s),
        number(seen.cpu_s)
    )?;
    if let Some(share) = seen.sampled {
        writeln!(out, "  {} of {} samples were in the vDSO", share.inside, share.samples)?;
    }
    let rows = seen.calls.iter().map(|calls| {
        let each_s = calls.count as f64 / seen.wall_s;
        vec![
            calls.clock.clone(),
            calls.count.to_string(),
            format!("{} a second", per_second(each_s)),
        ]
    });
    columns(out, rows.collect())?;
    writeln!(
        out,
        "it reads clocks {} times a second; with {} that is {} of its processor time",
        spread(&seen.reads_per_s, per_second),
        seen.clocksource,
        spread(&seen.share, |share| format!("{} %", small(share * 100.0)))
    )?;
    for prediction in &seen.predictions {
        writeln!(out, "{}", predicted(prediction))?;
    }
    for note in &seen.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

/// `tsc instead of kvm-clock: +0.004 %, not measurable`.
fn predicted(prediction: &Prediction) -> String {
    let Prediction { from, to, percent, measurable, .. } = prediction;
    let change = spread(percent, self::percent);
    let verdict = match measurable {
        true if percent.value > 0.0 => "slower",
        true => "faster",
        false => "not measurable",
    };
    format!("{to} instead of {from}: {change} of processor time, {verdict}")
}

/// `+0.004 %`.
fn percent(value: f64) -> String {
    match value.abs() {
        0.0 => "0 %".to_owned(),
        tiny @ ..0.0001 => format!("{} %", small(tiny)),
        large if value < 0.0 => format!("-{} %", small(large)),
        large => format!("+{} %", small(large)),
    }
}

/// One value, or with its limits where it has any.
fn spread(interval: &Interval, one: impl Fn(f64) -> String) -> String {
    let Interval { value, low, high } = *interval;
    match high > low {
        true => format!("{} ({} to {})", one(value), one(low), one(high)),
        false => one(value),
    }
}

/// As many digits as say something, of what may be very small.
fn small(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value >= 1.0 => number(value),
        value if value >= 0.01 => format!("{value:.3}"),
        value if value >= 0.0001 => format!("{value:.5}"),
        _ => "less than 0.0001".to_owned(),
    }
}

fn per_second(rate: f64) -> String {
    match rate {
        1e6.. => format!("{:.2} million", rate / 1e6),
        1e3.. => format!("{:.1} thousand", rate / 1e3),
        _ => format!("{rate:.1}"),
    }
}

#[derive(Serialize)]
struct Trials<'a> {
    schema: &'static str,
    trials: &'a [Trial],
    costs: &'a Bench,
}

pub(super) fn trials_json(out: &mut dyn Write, costs: &Bench, trials: &[Trial]) -> io::Result<()> {
    json::value(out, &Trials { schema: "kvmtime.bench-sysbench/1", trials, costs })
}

pub(super) fn trials(out: &mut dyn Write, costs: &Bench, trials: &[Trial]) -> io::Result<()> {
    machine(out, costs)?;
    for trial in trials {
        one(out, trial)?;
    }
    writeln!(out, "\n{}", published(trials))
}

fn one(out: &mut dyn Write, trial: &Trial) -> io::Result<()> {
    let Trial { from, to, measured, .. } = trial;
    writeln!(out, "\n{} ({} rounds)", trial.command, trial.rates[0].len())?;
    let rate = |rates: &[f64]| format!("{} events a second", per_second(median(rates)));
    writeln!(out, "  {from}: {}, {to}: {}", rate(&trial.rates[0]), rate(&trial.rates[1]))?;
    writeln!(out, "  time of an event, {to} instead of {from}:")?;
    let itself = format!("{from} from itself");
    let width = itself.chars().count().max(12);
    writeln!(out, "    {:width$}  {}", "measured", change(&measured.ratio))?;
    writeln!(out, "    {itself:width$}  {}", change(&measured.control))?;
    let predicted = trial.predicted_percent;
    writeln!(
        out,
        "    {:width$}  {}: {:.1} reads of clocks an event",
        "by its reads",
        percent(predicted),
        trial.reads_per_event
    )?;
    writeln!(out, "  {}", verdict(measured.verdict, from, to))
}

fn verdict(verdict: Verdict, from: &str, to: &str) -> String {
    match verdict {
        Verdict::Less => format!("with {to} it is faster"),
        Verdict::More => format!("with {to} it is slower"),
        Verdict::CannotTell => {
            format!("cannot tell: with {from} it differs from itself by as much")
        }
    }
}

/// What pages about guests' clocksources say of `sysbench cpu`: 83756 events with tsc, 83639 with kvm-clock, one run each.
const PUBLISHED_PERCENT: f64 = 0.14;

/// What these runs say of the number that is copied from page to page.
fn published(trials: &[Trial]) -> String {
    let Some(cpu) = trials.iter().find(|trial| trial.command.starts_with("sysbench cpu")) else {
        return String::new();
    };
    let Interval { low, high, .. } = cpu.measured.control;
    let (half, rounds) = ((high - low) * 50.0, cpu.rates[0].len());
    // An interval shrinks with the square root of the rounds.
    let needed = rounds as f64 * (half / PUBLISHED_PERCENT).powi(2).max(1.0);
    format!(
        "A published +{PUBLISHED_PERCENT} % of `sysbench cpu` for tsc over kvm-clock comes from one run of each. Here the same clocksource twice\n\
         differs by at least as much in {:.0} % of the rounds. {rounds} rounds know the difference to ±{half:.2} %, so {PUBLISHED_PERCENT} % would take\n\
         about {needed:.0} rounds; what reading clocks explains of it is {}.",
        single_pairs(cpu),
        percent(cpu.predicted_percent.abs())
    )
}

/// Rounds in which the clocksource differs from itself by at least what was published, percent.
fn single_pairs(trial: &Trial) -> f64 {
    let pairs = trial.rates[0].iter().zip(&trial.rates[2]);
    let differ = pairs.filter(|(a, b)| (*a / *b - 1.0).abs() * 100.0 >= PUBLISHED_PERCENT).count();
    differ as f64 * 100.0 / trial.rates[0].len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use kvmtime_core::bench::compare;

    use super::*;

    #[test]
    fn a_published_difference_is_held_against_the_noise_and_the_reads() {
        let own: Vec<f64> = (0..10).map(|round| 278.0 + f64::from(round % 3)).collect();
        let again: Vec<f64> = (0..10).map(|round| 278.0 + f64::from(round % 4)).collect();
        let trial = Trial {
            command: "sysbench cpu".to_owned(),
            from: "tsc".to_owned(),
            to: "kvm-clock".to_owned(),
            reads_per_event: 3.0,
            measured: compare(&own, &own, &again),
            rates: [own.clone(), own, again],
            predicted_percent: 0.004,
        };
        let text = published(&[trial]);
        assert!(text.contains("in 70 % of the rounds"), "{text}");
        assert!(text.ends_with("explains of it is +0.00400 %."), "{text}");
        assert_eq!(published(&[]), "");
    }

    #[test]
    fn percentages_show_what_they_can() {
        let shown = [0.0, 12.345, -1.5, 0.004, -0.05, 0.000_01].map(percent);
        let expected =
            ["0 %", "+12.35 %", "-1.500 %", "+0.00400 %", "-0.050 %", "less than 0.0001 %"];
        assert_eq!(shown, expected);
    }
}
