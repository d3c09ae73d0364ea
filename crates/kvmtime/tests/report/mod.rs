//! What kvmtime printed with `--format json`.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The program under test.
pub(crate) const KVMTIME: &str = env!("CARGO_BIN_EXE_kvmtime");

/// A report.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Value);

impl Report {
    /// The report of a run that could do its work.
    pub(crate) fn of(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {said}", output.status);
        assert_eq!(said, "");
        Self(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// The report on files or a folder, judged here.
    pub(crate) fn on(arguments: &[&str], path: &Path) -> Self {
        let mut kvmtime = Command::new(KVMTIME);
        kvmtime.args(["check", "--format", "json"]).args(arguments).arg(path);
        Self::of(&kvmtime.output().unwrap())
    }

    /// Name and operating system of each subject of a kind.
    pub(crate) fn subjects(&self, kind: &str) -> Vec<(&str, &str)> {
        let all = self.0["subjects"].as_array().unwrap().iter();
        let own = all.filter(|subject| subject["kind"] == kind);
        own.map(|s| (s["name"].as_str().unwrap(), s["os"].as_str().unwrap_or("?"))).collect()
    }

    /// The findings on one subject.
    pub(crate) fn findings(&self, subject: &str) -> Vec<&Value> {
        let all = self.0["findings"].as_array().unwrap().iter();
        all.filter(|found| found["subject"] == subject).collect()
    }

    /// The rules that found something on one subject.
    pub(crate) fn rules(&self, subject: &str) -> BTreeSet<&str> {
        let found = self.findings(subject).into_iter();
        found.map(|found| found["rule"].as_str().unwrap()).collect()
    }
}

/// What a look at a machine left in a folder.
#[derive(Debug)]
pub(crate) struct Look {
    /// Of `kvmtime check`.
    pub(crate) check: Report,
    facts: Value,
}

impl Look {
    /// Reads `check.json` and `facts.json`.
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |name| serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap());
        Self { check: Report(read("check.json").unwrap()), facts: read("facts.json").unwrap() }
    }

    /// The value of a fact of the machine, which must be known.
    pub(crate) fn fact(&self, path: &str) -> &Value {
        &self.facts["machines"][0].pointer(path).unwrap()["value"]
    }
}
