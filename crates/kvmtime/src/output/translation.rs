//! What becomes of a domain's clock settings, as a table and as JSON.

use std::io::{self, Write};

use kvmtime_core::translate::{Change, Difference, Outcome, Refusal, Setting, Stage, Translation};
use kvmtime_core::translate::{Fate, Side};
use serde::Serialize;

use super::json;

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    domains: &'a [T],
}

pub(super) fn json(
    out: &mut dyn Write,
    schema: &'static str,
    domains: &[impl Serialize],
) -> io::Result<()> {
    json::value(out, &Document { schema, domains })
}

pub(super) fn text(out: &mut dyn Write, all: &[&Translation]) -> io::Result<()> {
    for (number, translation) in all.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        one(out, translation)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, translation: &Translation) -> io::Result<()> {
    let libvirt = translation.libvirt.map(|libvirt| format!("libvirt {libvirt}, "));
    let (name, from, qemu) = (&translation.name, &translation.from, translation.qemu);
    writeln!(out, "{name} ({from}): {}QEMU {qemu}", libvirt.unwrap_or_default())?;
    table(out, &translation.settings)?;
    let lists = [("args", &translation.args), ("env", &translation.env)];
    for (title, list) in lists {
        if !list.is_empty() {
            writeln!(out, "  {title}: {}", list.join(" "))?;
        }
    }
    for (title, list) in [("-machine", &translation.machine), ("-cpu", &translation.cpu)] {
        if !list.is_empty() {
            writeln!(out, "  {title}: {}", list.join(","))?;
        }
    }
    match &translation.refused {
        Some(refusal) => writeln!(out, "  {}", said(refusal)),
        None => Ok(()),
    }
}

fn said(Refusal { at, message, .. }: &Refusal) -> String {
    let at = match at {
        Stage::Define => "define",
        Stage::Start => "start",
    };
    format!("refused at {at}: {message}")
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Emitted => "emitted",
        Outcome::NoEffect => "no effect",
        Outcome::RefusedAtDefine => "refused at define",
        Outcome::RefusedAtStart => "refused at start",
    }
}

/// The settings, in columns as wide as their words.
fn table(out: &mut dyn Write, settings: &[Setting]) -> io::Result<()> {
    let head = ["setting", "line:column", "outcome", "argument", "effect"].map(str::to_owned);
    let rows = settings.iter().map(|setting| {
        [
            named(&setting.path, &setting.value),
            format!("{}:{}", setting.line, setting.column),
            word(setting.outcome).to_owned(),
            setting.becomes.as_deref().unwrap_or("-").to_owned(),
            setting.device.to_string(),
        ]
    });
    if settings.is_empty() {
        return writeln!(out, "  no setting: all is as by default");
    }
    columns(out, std::iter::once(head).chain(rows).collect())
}

fn named(path: &str, value: &str) -> String {
    if value.is_empty() || path.ends_with(']') {
        path.to_owned()
    } else {
        format!("{path}={value}")
    }
}

fn columns(out: &mut dyn Write, rows: Vec<[String; 5]>) -> io::Result<()> {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2), width(3)];
    for row in &rows {
        write!(out, "  ")?;
        for (cell, width) in row.iter().zip(widths) {
            write!(out, "{cell:width$}  ")?;
        }
        writeln!(out, "{}", row[4])?;
    }
    Ok(())
}

pub(super) fn differences(out: &mut dyn Write, all: &[Difference]) -> io::Result<()> {
    for (number, difference) in all.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let (old, new) = (pair(&difference.old), pair(&difference.new));
        writeln!(out, "{} ({}): {old} -> {new}", difference.name, difference.from)?;
        if difference.is_empty() {
            writeln!(out, "  nothing changes")?;
        }
        sides(out, difference)?;
        for change in &difference.settings {
            changed(out, change)?;
        }
    }
    Ok(())
}

fn pair(side: &Side) -> String {
    match side.libvirt {
        Some(libvirt) => format!("libvirt {libvirt}, QEMU {}", side.qemu),
        None => format!("QEMU {}", side.qemu),
    }
}

fn sides(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    for (sign, side) in [('-', &difference.old), ('+', &difference.new)] {
        for argument in &side.only {
            writeln!(out, "  {sign} {argument}")?;
        }
    }
    if difference.old.refused != difference.new.refused {
        for (sign, side) in [('-', &difference.old), ('+', &difference.new)] {
            let said = side.refused.as_ref().map_or_else(|| "accepted".to_owned(), said);
            writeln!(out, "  {sign} {said}")?;
        }
    }
    Ok(())
}

fn changed(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let (line, column) = (change.line, change.column);
    writeln!(out, "  {} at {line}:{column}", named(&change.path, &change.value))?;
    for (sign, fate) in [('-', &change.old), ('+', &change.new)] {
        let Fate { outcome, becomes, device } = fate;
        let becomes = becomes.as_deref().unwrap_or("-");
        writeln!(out, "    {sign} {}: {becomes}: {device}", word(*outcome))?;
    }
    Ok(())
}
