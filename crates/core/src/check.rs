//! Runs the rules over facts.

use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Role};
use crate::finding::{Finding, Severity};
use crate::rule::{Check, Verdict};
use crate::rules;

/// A subject that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Unique in a report: `host`, `guest`, `domain/NAME`, `qemu/PID`.
    pub id: String,
    /// `host`, `guest`, `domain` or `qemu`.
    pub kind: String,
    /// The machine's or domain's name.
    pub name: String,
    /// The operating system, if it is known.
    pub os: Option<String>,
    /// A file, a folder or a libvirt URI.
    pub from: String,
}

/// A rule that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The rule.
    pub rule: String,
    /// The subject.
    pub subject: String,
    /// The fact that was lacking.
    pub why: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Findings of severity error.
    pub error: usize,
    /// Findings of severity warning.
    pub warning: usize,
    /// Findings of severity info.
    pub info: usize,
    /// Rules that found nothing.
    pub passed: usize,
    /// Rules that could not be decided.
    pub skipped: usize,
}

/// What a check concluded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was judged.
    pub subjects: Vec<Subject>,
    /// What is wrong, in the order of subjects and rules.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub skipped: Vec<Skipped>,
    /// How many of each.
    pub summary: Summary,
}

impl Report {
    /// Adds another report to this one.
    pub fn append(&mut self, mut other: Self) {
        self.subjects.append(&mut other.subjects);
        self.findings.append(&mut other.findings);
        self.skipped.append(&mut other.skipped);
        self.summary.error += other.summary.error;
        self.summary.warning += other.summary.warning;
        self.summary.info += other.summary.info;
        self.summary.passed += other.summary.passed;
        self.summary.skipped += other.summary.skipped;
    }

    /// The worst finding's severity.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    fn judge(&mut self, rule: &str, subject: &str, verdict: Verdict) {
        match verdict {
            Ok(found) if found.is_empty() => self.summary.passed += 1,
            Ok(found) => {
                for mut finding in found {
                    match finding.severity {
                        Severity::Error => self.summary.error += 1,
                        Severity::Warning => self.summary.warning += 1,
                        Severity::Info => self.summary.info += 1,
                    }
                    subject.clone_into(&mut finding.subject);
                    self.findings.push(finding);
                }
            }
            Err(unknown) => {
                self.summary.skipped += 1;
                self.skipped.push(Skipped {
                    rule: rule.to_owned(),
                    subject: subject.to_owned(),
                    why: unknown.to_string(),
                });
            }
        }
    }
}

/// Judges every subject of these facts by every rule that speaks of its kind.
pub fn check(facts: &Facts) -> Report {
    let mut report = Report::default();
    for machine in &facts.machines {
        for role in &machine.roles {
            let id = machine.id(*role);
            report.subjects.push(machine.subject(*role));
            for rule in rules::CATALOGUE {
                let verdict = match (&rule.check, role) {
                    (Check::Host(check), Role::Host) | (Check::Guest(check), Role::Guest) => {
                        check(machine, facts)
                    }
                    (Check::Machine(check), role) if *role == machine.roles[0] => {
                        check(machine, facts)
                    }
                    _ => continue,
                };
                report.judge(rule.id, &id, verdict);
            }
        }
    }
    for domain in &facts.domains {
        report.subjects.push(domain.subject());
        for rule in rules::CATALOGUE {
            if let Check::Domain(check) = rule.check {
                report.judge(rule.id, &domain.id, check(domain, facts));
            }
        }
    }
    for qemu in &facts.qemus {
        report.subjects.push(qemu.subject());
        for rule in rules::CATALOGUE {
            if let Check::Qemu(check) = rule.check {
                report.judge(rule.id, &qemu.id, check(qemu, facts));
            }
        }
    }
    report
}
