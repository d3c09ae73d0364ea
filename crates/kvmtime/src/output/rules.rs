//! The catalogue and its pages.

use std::io::{self, Write};

use kvmtime_core::rule::Rule;
use kvmtime_core::rules::CATALOGUE;
use serde_json::{Value, json};

pub(super) fn table(out: &mut dyn Write) -> io::Result<()> {
    let width = CATALOGUE.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in CATALOGUE {
        let (id, severity, subject) = (rule.id, rule.severity.word(), rule.check.subject());
        writeln!(out, "{id:width$}  {severity:7}  {subject:13}  {}", rule.summary)?;
    }
    writeln!(out, "{} rules; `kvmtime explain RULE` prints one's page", CATALOGUE.len())
}

pub(super) fn json() -> Value {
    let rules = CATALOGUE.iter().map(|rule| one(rule));
    json!({ "schema": "kvmtime.rules/1", "rules": rules.collect::<Vec<_>>() })
}

/// A rule as JSON.
pub(super) fn one(rule: &Rule) -> Value {
    json!({
        "id": rule.id, "severity": rule.severity, "subject": rule.check.subject(),
        "can_be_skipped": rule.check.can_be_skipped(), "summary": rule.summary, "since": rule.since,
        "page": page(rule),
    })
}

/// A rule's page as Markdown.
pub fn page(rule: &Rule) -> String {
    // A doc comment keeps the blank after its slashes.
    let body: Vec<&str> =
        rule.page.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let (severity, subject) = (rule.severity.word(), rule.check.subject());
    format!(
        "# {}\n\n{}: {}\n\nJudges: {subject}. Since {}.\n\n{}\n",
        rule.id,
        severity,
        rule.summary,
        rule.since,
        body.join("\n").trim_end()
    )
}
