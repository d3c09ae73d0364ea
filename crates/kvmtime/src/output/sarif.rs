//! SARIF 2.1.0: one run, its rules with their pages, and a result for each finding.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, cited below by section.

use std::collections::HashMap;
use std::io::{self, Write};

use kvmtime_core::allow::Allowed;
use kvmtime_core::check::{Skipped, Subject};
use kvmtime_core::facts::LIVE;
use kvmtime_core::finding::{Finding, Location, Severity};
use kvmtime_core::rule::Rule;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Whole, json, rules};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(serde::Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    invocations: [Invocation<'a>; 1],
    column_kind: &'static str,
    results: Results<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_configuration_notifications: Vec<Value>,
    tool_execution_notifications: Conditions<'a>,
}

/// Findings, each made when it is written: there may be many.
struct Results<'a>(&'a Index<'a>);

/// What kept a rule from being decided. A result of kind `open` would be for a rule that was evaluated, and one of kind
/// `notApplicable` for one that has no bearing on the subject (3.27.9); here a condition at run time was in the way
/// (3.20.21).
struct Conditions<'a>(&'a Index<'a>);

struct Index<'a> {
    whole: &'a Whole<'a>,
    /// Where a rule stands in the list of the driver.
    rules: HashMap<&'a str, usize>,
    subjects: HashMap<&'a str, &'a Subject>,
}

pub(super) fn report(out: &mut dyn Write, whole: &Whole<'_>) -> io::Result<()> {
    let rules = whole.terms.rules.iter().enumerate().map(|(index, rule)| (rule.id, index));
    let subjects = whole.report.subjects.iter().map(|subject| (subject.id.as_str(), subject));
    let index = Index { whole, rules: rules.collect(), subjects: subjects.collect() };
    let notices = whole.terms.notices.iter();
    let run = Run {
        tool: tool(&whole.terms.rules),
        invocations: [Invocation {
            execution_successful: whole.failures.is_empty(),
            tool_configuration_notifications: notices.map(|text| note("warning", text)).collect(),
            tool_execution_notifications: Conditions(&index),
        }],
        column_kind: "unicodeCodePoints",
        results: Results(&index),
    };
    json::value(out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

fn tool(rules: &[&Rule]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let rules: Vec<Value> = rules.iter().map(|rule| descriptor(rule)).collect();
    json!({ "driver": {
        "name": "kvmtime", "version": version, "semanticVersion": version, "rules": rules,
    } })
}

fn descriptor(rule: &Rule) -> Value {
    let page = rules::page(rule);
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": checks(&page) },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [rule.check.subject()], "since": rule.since },
    })
}

/// What stands under the first heading of a page.
fn checks(page: &str) -> String {
    let sections = page.split("\n## What it checks\n").nth(1).unwrap_or(page);
    let section = sections.split("\n## ").next().unwrap_or_default();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn note(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0.whole.report;
        let found = report.findings.iter().map(|finding| self.0.result(finding, None));
        let allowed = report.allowed.iter();
        let allowed =
            allowed.map(|Allowed { finding, reason }| self.0.result(finding, Some(reason)));
        serializer.collect_seq(found.chain(allowed))
    }
}

impl Serialize for Conditions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failures = self.0.whole.failures.iter().map(|failure| note("error", failure));
        let skipped = self.0.whole.report.skipped.iter().map(|skipped| self.0.skipped(skipped));
        serializer.collect_seq(failures.chain(skipped))
    }
}

impl Index<'_> {
    /// A suppression stands with every result or with none (3.27.23): an empty list says that there is none.
    fn result(&self, finding: &Finding, allowed: Option<&str>) -> Value {
        let suppression = allowed.map(
            |reason| json!({ "kind": "external", "status": "accepted", "justification": reason }),
        );
        json!({
            "ruleId": finding.rule,
            "ruleIndex": self.rules.get(&*finding.rule),
            "level": level(finding.severity),
            "message": { "text": finding.message },
            "locations": [self.location(finding)],
            "partialFingerprints": { "fault/v1": fingerprint(finding) },
            "suppressions": suppression.into_iter().collect::<Vec<_>>(),
            "properties": { "cure": finding.cure, "evidence": finding.evidence },
        })
    }

    fn location(&self, finding: &Finding) -> Value {
        let mut location = json!({ "logicalLocations": [logical(&finding.subject)] });
        if let Some(place) = finding.location.as_ref().filter(|place| is_file(&place.path)) {
            location["physicalLocation"] = self.physical(&finding.subject, place);
        }
        location
    }

    fn physical(&self, subject: &str, place: &Location) -> Value {
        let at = place.at;
        json!({
            "artifactLocation": { "uri": uri(&self.path(subject, &place.path)) },
            "region": {
                "startLine": at.line, "startColumn": at.column,
                "endLine": at.end_line, "endColumn": at.end_column,
            },
        })
    }

    /// A file of evidence lies below its folder, whatever it was called on the machine that it was taken from.
    fn path(&self, subject: &str, path: &str) -> String {
        let subject = self.subjects.get(subject).filter(|subject| subject.from != LIVE);
        match subject.filter(|subject| matches!(subject.kind.as_str(), "host" | "guest")) {
            Some(subject) if path.starts_with('/') => format!("{}{path}", subject.from),
            _ => path.to_owned(),
        }
    }

    fn skipped(&self, skipped: &Skipped) -> Value {
        let Skipped { rule, subject, why } = skipped;
        json!({
            "level": "note",
            "message": { "text": format!("{rule} was skipped on {subject}, because {why}") },
            "associatedRule": { "id": rule, "index": self.rules.get(rule.as_str()) },
            "locations": [{ "logicalLocations": [logical(subject)] }],
        })
    }
}

fn logical(subject: &str) -> Value {
    let name = subject.split_once('/').map_or(subject, |(_, name)| name);
    json!({ "name": name, "fullyQualifiedName": subject, "kind": "resource" })
}

/// The same fault on the same subject in another run, wherever the line has moved.
fn fingerprint(finding: &Finding) -> String {
    let what = finding.evidence.first().map_or("", |evidence| &evidence.what);
    format!("{}:{}:{what}", finding.rule, finding.subject)
}

/// A place may also be in what standard input or a program gave.
fn is_file(path: &str) -> bool {
    path != "-" && !path.starts_with("virsh ")
}

/// What may stand in a path of an URI as it is (RFC 3986, 3.3), without `:`, which would end a scheme.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, KEPT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("/etc/libvirt/qemu/a b#1.xml"), "file:///etc/libvirt/qemu/a%20b%231.xml");
        assert_eq!(uri("x:y/é.xml"), "x%3Ay/%C3%A9.xml");
    }

    #[test]
    fn every_page_says_what_its_rule_checks() {
        for rule in kvmtime_core::rules::CATALOGUE {
            let said = checks(&rules::page(rule));
            assert!(said.len() > 20 && !said.contains('#'), "{}: {said}", rule.id);
        }
    }
}
