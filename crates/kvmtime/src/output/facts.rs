//! Facts for people: one a line, with their source.

use std::io::{self, Write};

use serde_json::{Map, Value};

pub(super) fn text(out: &mut dyn Write, facts: &Value) -> io::Result<()> {
    for kind in ["machines", "domains", "qemus"] {
        for subject in facts[kind].as_array().into_iter().flatten() {
            let title = ["id", "source"].iter().find_map(|key| subject[*key].as_str());
            writeln!(out, "{} {}", kind.trim_end_matches('s'), title.unwrap_or_default())?;
            lines(out, "", subject)?;
        }
    }
    Ok(())
}

fn lines(out: &mut dyn Write, path: &str, value: &Value) -> io::Result<()> {
    let Value::Object(object) = value else { return Ok(()) };
    match (object.get("value"), object.get("unknown"), object.get("from")) {
        (Some(value), _, Some(from)) => return line(out, path, &short(value), from),
        (_, Some(why), Some(from)) => {
            return line(out, path, &format!("unknown: {}", short(why)), from);
        }
        // A value in a text knows its line and column.
        (Some(value), _, None) => return line(out, path, &short(value), &object["at"]["line"]),
        _ => {}
    }
    for (key, value) in object {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) if !is_place(inner) => lines(out, &path, value)?,
            Value::Null | Value::Object(_) => {}
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (index, item) in items.iter().enumerate() {
                    lines(out, &format!("{path}[{index}]"), item)?;
                }
            }
            value => line(out, &path, &short(value), &Value::Null)?,
        }
    }
    Ok(())
}

fn is_place(object: &Map<String, Value>) -> bool {
    object.contains_key("end_column")
}

fn line(out: &mut dyn Write, path: &str, value: &str, from: &Value) -> io::Result<()> {
    match from {
        Value::String(from) if from.is_empty() => writeln!(out, "  {path}: {value}"),
        Value::String(from) => writeln!(out, "  {path}: {value}    ({from})"),
        Value::Number(line) => writeln!(out, "  {path}: {value}    (line {line})"),
        _ => writeln!(out, "  {path}: {value}"),
    }
}

/// Most of a long list says nothing to a reader; JSON has it all.
const MOST: usize = 160;

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(" "),
        Value::Object(object) => {
            let named = object.iter().map(|(key, value)| format!("{key}={}", short(value)));
            named.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
