//! Settings, as a configuration file would say them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// What holds, and where it came from.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    pub(crate) schema: &'static str,
    /// The files that were read, those that win last.
    pub(crate) files: Vec<String>,
    pub(crate) settings: Vec<Setting>,
    /// A table.
    pub(crate) guard: Setting,
    pub(crate) allow: Vec<Allow>,
}

/// One value.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) value: Value,
    /// A flag, a variable, `FILE:LINE`, or `default`.
    pub(crate) from: String,
}

/// One allowance.
#[derive(Debug, Serialize)]
pub(crate) struct Allow {
    pub(crate) rule: String,
    pub(crate) subject: String,
    pub(crate) reason: String,
    pub(crate) until: Option<String>,
    /// Whether its last day is over.
    pub(crate) over: bool,
    pub(crate) from: String,
}

/// Prints a file that would set the same.
pub(super) fn text(out: &mut dyn Write, settings: &Settings) -> io::Result<()> {
    for Setting { key, value, from } in &settings.settings {
        noted(out, &format!("{key} = {}", toml(value)), from)?;
    }
    if let (Value::Object(keys), true) = (&settings.guard.value, settings.guard.from != "default") {
        writeln!(out)?;
        noted(out, "[guard]", &settings.guard.from)?;
        for (key, value) in keys {
            writeln!(out, "{key} = {}", toml(value))?;
        }
    }
    for Allow { rule, subject, reason, until, over, from } in &settings.allow {
        writeln!(out)?;
        let over = if *over { ", over" } else { "" };
        noted(out, "[[allow]]", &format!("{from}{over}"))?;
        for (key, value) in [("rule", rule), ("subject", subject), ("reason", reason)] {
            writeln!(out, "{key} = {}", toml(&value.as_str().into()))?;
        }
        if let Some(until) = until {
            writeln!(out, "until = {until}")?;
        }
    }
    Ok(())
}

fn noted(out: &mut dyn Write, line: &str, from: &str) -> io::Result<()> {
    let from = from.replace(char::is_control, "?");
    writeln!(out, "{line:30} # {from}")
}

/// A text, a list or a table on one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(keys) => {
            let keys = keys.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        other => other.to_string(),
    }
}
