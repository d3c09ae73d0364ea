//! What a message or a symptom is about, for tired eyes: what happened first, who wrote it last.

use std::io::{self, Write};

use anstyle::Style;
use kvmtime_core::messages::{Certainty, Explained, Match, Matter};
use kvmtime_core::rules;
use kvmtime_core::symptoms::Ranked;
use serde_json::{Map, Value, json};

/// Lines are broken here.
const WIDTH: usize = 80;

/// The room for a label.
const LABEL: usize = 8;

/// The messages, each with its explanation; of a log what is normal gets a line each.
pub(super) fn messages(out: &mut dyn Write, found: &[Explained], colour: bool) -> io::Result<()> {
    let several = found.len() > 1;
    let brief = |line: &&Explained| several && line.matches[0].message.matter >= Matter::Normal;
    for (index, line) in found.iter().filter(|line| !brief(line)).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(out, line, several, colour)?;
    }
    let normal: Vec<&Explained> = found.iter().filter(brief).collect();
    if normal.len() < found.len() && !normal.is_empty() {
        writeln!(out)?;
    }
    for line in normal {
        let said = line.matches[0].saw.as_deref().unwrap_or(&line.text);
        field(out, "normal", &format!("line {}: {said}", place(line)))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, line: &Explained, several: bool, colour: bool) -> io::Result<()> {
    if several {
        field(out, "line", &format!("{}: {}", place(line), line.text))?;
    }
    let guessed = line.matches[0].certainty == Certainty::Keywords;
    if guessed {
        field(out, "", "No message has this wording. These share words with it:")?;
    }
    for found in &line.matches {
        if guessed {
            writeln!(out)?;
            field(out, "", found.message.example)?;
        }
        explanation(out, found, colour)?;
    }
    Ok(())
}

fn explanation(out: &mut dyn Write, found: &Match, colour: bool) -> io::Result<()> {
    let message = found.message;
    if let Some(saw) = &found.saw {
        let bold = if colour { Style::new().bold() } else { Style::new() };
        write!(out, "{bold}")?;
        field(out, "saw", saw)?;
        write!(out, "{bold:#}")?;
    }
    field(out, "means", message.meaning)?;
    list(out, "next", message.next)?;
    rules_of(out, message.rules)?;
    field(out, "from", &format!("{}, {}", message.speaker.name(), message.versions))?;
    field(out, "source", message.source)?;
    field(out, "match", sure(found.certainty))
}

fn place(line: &Explained) -> String {
    match line.times {
        1 => line.line.to_string(),
        2 => format!("{} and one more", line.line),
        times => format!("{} and {} more", line.line, times - 1),
    }
}

fn sure(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Exact => "exact wording",
        Certainty::Part => "same words in a part",
        Certainty::Keywords => "only keywords",
    }
}

/// The causes, the likeliest first.
pub(super) fn causes(out: &mut dyn Write, ranked: &[Ranked], colour: bool) -> io::Result<()> {
    let bold = if colour { Style::new().bold() } else { Style::new() };
    for (index, Ranked { cause, fit }) in ranked.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{bold}")?;
        field(out, &format!("{}.", index + 1), cause.cause)?;
        write!(out, "{bold:#}")?;
        field(out, "why", cause.why)?;
        list(out, "confirm", cause.confirm)?;
        rules_of(out, cause.rules)?;
        field(out, "fits", &format!("{fit} % of what was said"))?;
    }
    Ok(())
}

fn rules_of(out: &mut dyn Write, ids: &[&str]) -> io::Result<()> {
    let lines: Vec<String> = ids.iter().map(|id| format!("{id}: {}", summary(id))).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    list(out, "rules", &lines)
}

fn summary(id: &str) -> &'static str {
    rules::find(id).map_or("", |rule| rule.summary)
}

fn list(out: &mut dyn Write, label: &str, items: &[&str]) -> io::Result<()> {
    for (index, item) in items.iter().enumerate() {
        field(out, if index == 0 { label } else { "" }, &format!("- {item}"))?;
    }
    Ok(())
}

/// A text beside its label, broken between words. A command that is longer than a line stays whole.
fn field(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    let hang = if text.starts_with("- ") { 2 } else { 0 };
    let room = WIDTH - LABEL;
    let mut line = String::new();
    let mut label = label;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            writeln!(out, "{label:LABEL$}{line}")?;
            (label, line) = ("", " ".repeat(hang));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{label:LABEL$}{line}")
}

/// `kvmtime.explain/1` of messages.
pub(super) fn messages_json(found: &[Explained]) -> Value {
    let lines = found.iter().map(|line| {
        let matches: Vec<Value> = line.matches.iter().map(match_json).collect();
        json!({ "line": line.line, "times": line.times, "text": line.text, "matches": matches })
    });
    json!({ "schema": super::EXPLAIN, "lines": lines.collect::<Vec<_>>() })
}

fn match_json(found: &Match) -> Value {
    let message = found.message;
    let value = |value: &kvmtime_core::messages::Value| {
        (value.name.to_owned(), json!({ "text": value.text, "unit": value.unit }))
    };
    let values: Map<String, Value> = found.values.iter().map(value).collect();
    json!({
        "id": message.id, "certainty": found.certainty, "matter": message.matter,
        "speaker": message.speaker, "versions": message.versions, "wording": message.wording,
        "saw": found.saw, "values": values, "meaning": message.meaning, "next": message.next,
        "rules": message.rules, "source": message.source,
    })
}

/// `kvmtime.explain/1` of a symptom.
pub(super) fn causes_json(complaint: &str, ranked: &[Ranked]) -> Value {
    let causes = ranked.iter().map(|Ranked { cause, fit }| {
        json!({
            "id": cause.id, "fit": fit, "symptom": cause.symptom, "cause": cause.cause,
            "why": cause.why, "confirm": cause.confirm, "rules": cause.rules,
        })
    });
    json!({ "schema": super::EXPLAIN, "symptom": complaint, "causes": causes.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn lines_end_before_their_width_and_hang_below_their_beginning() {
        let mut out = Vec::new();
        field(&mut out, "next", &format!("- {}", "word ".repeat(30))).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.starts_with("next    - word "), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("          word")), "{text}");
    }
}
