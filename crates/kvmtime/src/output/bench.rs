//! What reading clocks costs, as tables and as JSON.

use std::io::{self, Write};

use kvmtime_core::bench::{
    Bench, Change, Comparison, Cost, Interval, Moved, Path, Sample, Table, Vdso, Verdict,
};
use serde::Serialize;

use super::columns::columns;
use super::json;

pub(super) fn text(out: &mut dyn Write, bench: &Bench) -> io::Result<()> {
    machine(out, bench)?;
    writeln!(out)?;
    for table in &bench.tables {
        summary(out, table)?;
    }
    writeln!(out, "\nnanoseconds a read: median of batches, least and 99 % of them")?;
    columns(out, costs(bench))?;
    for comparison in &bench.comparisons {
        writeln!(out, "\n{} instead of {}", comparison.to, comparison.from)?;
        columns(out, differences(comparison))?;
    }
    writeln!(out, "\nsmallest steps between two reads, nanoseconds")?;
    columns(out, steps(bench))?;
    writeln!(out, "\nthreads that read at once, nanoseconds a read of MONOTONIC")?;
    columns(out, threads(bench))?;
    if bench.tables.iter().any(|table| !table.orders.is_empty()) {
        writeln!(out, "\ntwo processors that read in turns: how far the second's clock is ahead")?;
        columns(out, orders(bench))?;
    }
    writeln!(out, "\nhow late a thread wakes that sleeps 1 ms, microseconds")?;
    columns(out, wakeups(bench))?;
    if !bench.failed.is_empty() {
        let failed = bench.failed.iter().map(|failed| format!("{} ({})", failed.clock, failed.why));
        writeln!(out, "\nnot on this machine: {}", failed.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

pub(super) fn machine(out: &mut dyn Write, bench: &Bench) -> io::Result<()> {
    let (machine, conditions, counter) = (&bench.machine, &bench.conditions, &bench.counter);
    let on = match machine.hypervisor.as_deref() {
        None => String::new(),
        Some("KVMKVMKVM") => ", on KVM".to_owned(),
        Some(other) => format!(", on {other}"),
    };
    writeln!(out, "{}, {} CPUs, Linux {}{on}", machine.cpu, machine.cpus, machine.kernel)?;
    let (own, all) = (&machine.clocksource, machine.available.join(", "));
    let name = counter.name.as_deref().unwrap_or("CLOCK_MONOTONIC_RAW");
    let mhz = counter.hz / 1e6;
    writeln!(out, "clocksource {own} of {all}; timed with {name} at {mhz:.3} MHz")?;
    writeln!(
        out,
        "load {:.2}, {:.2} s stolen by the hypervisor, {:.2} s waited for a processor; took {:.1} s",
        conditions.load, conditions.steal_s, conditions.waited_s, bench.took_s
    )
}

/// What most programs pay.
fn summary(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    let Some(cost) = table.cost("MONOTONIC", Path::Library) else { return Ok(()) };
    let (name, ns) = (&table.clocksource, number(cost.ns.p50));
    write!(out, "{name}: a program reads CLOCK_MONOTONIC in {ns} ns")?;
    match cost.vdso {
        Some(Vdso { refused: Some((0, of)), .. }) => {
            writeln!(out, ", in the vDSO: none of {of} reads was a system call")
        }
        Some(Vdso { refused: Some((refused, of)), .. }) => {
            writeln!(out, ": {refused} of {of} reads were system calls")
        }
        Some(Vdso { refused: None, ratio: Some(ratio) }) => {
            writeln!(out, ", {ratio:.2} of what the system call costs")
        }
        _ => writeln!(out),
    }
}

fn costs(bench: &Bench) -> Vec<Vec<String>> {
    let mut head = vec!["clock".to_owned(), "by".to_owned()];
    for table in &bench.tables {
        head.extend([table.clocksource.clone(), "least".into(), "99 %".into(), "vDSO".into()]);
    }
    let mut rows = vec![head];
    let Some(first) = bench.tables.first() else { return rows };
    for cost in &first.reads {
        let mut row = vec![cost.clock.clone(), by(cost.path).to_owned()];
        let others = bench.tables.iter().map(|table| table.cost(&cost.clock, cost.path));
        for cost in others {
            let numbers = |ns: &Sample| [ns.p50, ns.min, ns.p99].map(number);
            row.extend(cost.map(|cost| numbers(&cost.ns)).unwrap_or_default());
            row.push(cost.map_or("", vdso).to_owned());
        }
        rows.push(row);
    }
    rows
}

fn by(path: Path) -> &'static str {
    match path {
        Path::Counter => "instruction",
        Path::Library => "C library",
        Path::SystemCall => "system call",
    }
}

fn vdso(cost: &Cost) -> &'static str {
    match cost.vdso.and_then(|vdso| vdso.is_used()) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn differences(comparison: &Comparison) -> Vec<Vec<String>> {
    let head =
        ["clock", "by", "ns more", "change (95 %)", "control: change from itself", "verdict"];
    let rows = comparison.reads.iter().map(|read| {
        vec![
            read.clock.clone(),
            by(read.path).to_owned(),
            format!("{:+.2}", read.more_ns),
            change(&read.compared.ratio),
            change(&read.compared.control),
            verdict(read.compared.verdict).to_owned(),
        ]
    });
    std::iter::once(head.map(str::to_owned).to_vec()).chain(rows).collect()
}

/// `+13.7 % (+13.2 to +14.1)`.
pub(super) fn change(ratio: &Interval) -> String {
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    let (value, low, high) = (percent(ratio.value), percent(ratio.low), percent(ratio.high));
    format!("{value:+.2} % ({low:+.2} to {high:+.2})")
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Less => "cheaper",
        Verdict::More => "dearer",
        Verdict::CannotTell => "cannot tell",
    }
}

fn steps(bench: &Bench) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["clocksource", "clock", "step", "the kernel says", "same", "backward", "of"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for table in &bench.tables {
        rows.extend(table.steps.iter().map(|step| {
            vec![
                table.clocksource.clone(),
                step.clock.clone(),
                step.step_ns.map_or_else(|| "none seen".to_owned(), number),
                step.resolution_ns.map_or_else(String::new, |ns| ns.to_string()),
                format!("{:.0} %", step.same as f64 * 100.0 / step.pairs.max(1) as f64),
                step.backward.to_string(),
                step.pairs.to_string(),
            ]
        }));
    }
    rows
}

fn threads(bench: &Bench) -> Vec<Vec<String>> {
    let Some(first) = bench.tables.first() else { return Vec::new() };
    let counts = first.threads.iter().map(|threads| threads.threads.to_string());
    let mut rows = vec![std::iter::once("threads".to_owned()).chain(counts).collect::<Vec<_>>()];
    rows.extend(bench.tables.iter().map(|table| {
        let costs = table.threads.iter().map(|threads| number(threads.ns));
        std::iter::once(table.clocksource.clone()).chain(costs).collect()
    }));
    rows
}

fn orders(bench: &Bench) -> Vec<Vec<String>> {
    let head = ["clocksource", "clock", "CPUs", "nanoseconds", "backward", "of"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for table in &bench.tables {
        rows.extend(table.orders.iter().map(|order| {
            let (least, most) = order.offset_ns;
            let offset = match least <= most {
                true => format!("{least:+.0} to {most:+.0}"),
                false => format!("not steady: at least {least:+.0}, at most {most:+.0}"),
            };
            vec![
                table.clocksource.clone(),
                order.clock.clone(),
                format!("{}, {}", order.cpus.0, order.cpus.1),
                offset,
                order.backward.to_string(),
                order.handovers.to_string(),
            ]
        }));
    }
    rows
}

fn wakeups(bench: &Bench) -> Vec<Vec<String>> {
    let head = ["slack", "median", "95 %", "99 %", "most", "of"].map(str::to_owned).to_vec();
    let rows = bench.wakeups.iter().map(|wakeup| {
        let late = &wakeup.late;
        let mut row = vec![number(f64::from(wakeup.slack_ns) / 1e3)];
        row.extend([late.p50, late.p95, late.p99, late.max].map(|ns| number(ns / 1e3)));
        row.push(late.count.to_string());
        row
    });
    std::iter::once(head).chain(rows).collect()
}

/// Four digits.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.3}"),
        10.0..100.0 => format!("{value:.2}"),
        100.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// What moved from one run to another.
#[derive(Serialize)]
struct Changes<'a> {
    schema: &'static str,
    changes: &'a [Change],
}

pub(super) fn changes_json(out: &mut dyn Write, changes: &[Change]) -> io::Result<()> {
    json::value(out, &Changes { schema: "kvmtime.bench-compare/1", changes })
}

pub(super) fn changes_text(
    out: &mut dyn Write,
    before: &Bench,
    after: &Bench,
    changes: &[Change],
) -> io::Result<()> {
    machine(out, before)?;
    if before.machine == after.machine {
        writeln!(out, "then, on the same kind of machine")?;
    } else {
        writeln!(out, "then, elsewhere:")?;
        machine(out, after)?;
    }
    if changes.is_empty() {
        return writeln!(out, "the two have no clocksource in common");
    }
    writeln!(out)?;
    let head = ["clocksource", "clock", "by", "before", "after", "change", "verdict"];
    let rows = changes.iter().map(|change| {
        let percent = (change.after_ns / change.before_ns - 1.0) * 100.0;
        vec![
            change.clocksource.clone(),
            change.clock.clone(),
            by(change.path).to_owned(),
            number(change.before_ns),
            number(change.after_ns),
            format!("{percent:+.1} %"),
            moved(change.moved).to_owned(),
        ]
    });
    columns(out, std::iter::once(head.map(str::to_owned).to_vec()).chain(rows).collect())
}

fn moved(moved: Moved) -> &'static str {
    match moved {
        Moved::Down => "cheaper",
        Moved::Up => "dearer",
        Moved::CannotTell => "cannot tell",
    }
}
