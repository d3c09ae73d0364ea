//! Runs the rules over facts.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::allow::Allowed;
use crate::facts::{Domain, Facts, Fleet, Machine, Source, System};
use crate::finding::{Finding, Severity};
use crate::rule::{Check, Rule, Verdict};
use crate::translate::Translation;

/// A subject that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Unique in a report: `host`, `guest`, `domain/NAME`, `qemu/PID`, `fleet`.
    pub id: String,
    /// `host`, `guest`, `domain`, `qemu` or `fleet`.
    pub kind: String,
    /// The machine's or domain's name.
    pub name: String,
    /// The operating system, if it is known.
    pub os: Option<String>,
    /// A file, a folder or a libvirt URI; of a fleet, how many it is made of.
    pub from: String,
    /// Whether it stands for its whole machine: what is judged once of a machine was judged with it.
    #[serde(skip)]
    pub whole: bool,
    /// What it runs, if it is a machine.
    #[serde(skip)]
    pub system: System,
}

impl Subject {
    /// Whether it was judged by rules of that kind.
    pub fn is_judged_by(&self, check: &Check) -> bool {
        match check {
            Check::Machine(_) => self.whole && check.suits(self.system),
            check => check.subject() == self.kind && check.suits(self.system),
        }
    }
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

/// A line on a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The subject's id.
    pub subject: String,
    /// The line.
    pub text: String,
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

impl Summary {
    /// How many findings of a severity there are.
    pub fn findings(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Info => &mut self.info,
        }
    }

    /// The worst finding's severity.
    pub fn worst(&self) -> Option<Severity> {
        let counts = [
            (self.error, Severity::Error),
            (self.warning, Severity::Warning),
            (self.info, Severity::Info),
        ];
        counts.into_iter().find(|(count, _)| *count > 0).map(|(_, severity)| severity)
    }
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
    /// What is worth saying of a subject although nothing is wrong with it.
    #[serde(skip)]
    pub notes: Vec<Note>,
    /// What was found and is allowed; it counts nowhere.
    #[serde(skip)]
    pub allowed: Vec<Allowed>,
    #[serde(skip)]
    ids: HashSet<String>,
}

impl Report {
    /// Adds another report to this one. A subject's id that would stand twice gets its source behind an `@`, and a number
    /// where that stands twice as well.
    pub fn append(&mut self, mut other: Self) {
        for subject in &mut other.subjects {
            if self.ids.insert(subject.id.clone()) {
                continue;
            }
            let old = std::mem::take(&mut subject.id);
            subject.id = format!("{old}@{}", subject.from);
            let first = subject.id.clone();
            let mut number = 1;
            while !self.ids.insert(subject.id.clone()) {
                number += 1;
                subject.id = format!("{first}#{number}");
            }
            let found = other.findings.iter_mut().map(|finding| &mut finding.subject);
            let skipped = other.skipped.iter_mut().map(|skipped| &mut skipped.subject);
            let allowed = other.allowed.iter_mut().map(|allowed| &mut allowed.finding.subject);
            let notes = other.notes.iter_mut().map(|note| &mut note.subject);
            for id in found.chain(skipped).chain(allowed).chain(notes).filter(|id| **id == old) {
                subject.id.clone_into(id);
            }
        }
        self.subjects.append(&mut other.subjects);
        self.findings.append(&mut other.findings);
        self.skipped.append(&mut other.skipped);
        self.allowed.append(&mut other.allowed);
        self.notes.append(&mut other.notes);
        self.summary.error += other.summary.error;
        self.summary.warning += other.summary.warning;
        self.summary.info += other.summary.info;
        self.summary.passed += other.summary.passed;
        self.summary.skipped += other.summary.skipped;
    }

    fn judge(&mut self, rule: &str, subject: &str, verdict: Verdict) {
        match verdict {
            Ok(found) if found.is_empty() => self.summary.passed += 1,
            Ok(found) => {
                for mut finding in found {
                    *self.summary.findings(finding.severity) += 1;
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

/// Judges every subject of these facts by each of the rules that speaks of its kind.
pub fn check(facts: &Facts, rules: &[&Rule]) -> Report {
    let mut report = Report::default();
    let judges_budget = rules.iter().any(|rule| rule.id == "clock-error-exceeds-budget");
    for machine in &facts.machines {
        for role in &machine.roles {
            let whole = *role == machine.roles[0];
            let subject = Subject { whole, ..machine.subject(*role) };
            let note = facts.budget_note(machine).filter(|_| whole && judges_budget);
            let note = note.map(|text| Note { subject: subject.id.clone(), text });
            let judged = subject.clone();
            let mut part = one(rules, subject, &Source::default(), |check| {
                judged.is_judged_by(check).then(|| of_machine(check, machine, facts)).flatten()
            });
            part.notes.extend(note);
            report.append(part);
        }
    }
    for domain in &facts.domains {
        report.append(one(rules, domain.subject(), &domain.source, |check| match check {
            Check::Domain(check) => Some(check(domain, facts)),
            Check::Xml(check) => Some(Ok(check(domain))),
            Check::Model(check) => Some(by_model(domain, facts, *check)),
            _ => None,
        }));
    }
    for qemu in &facts.qemus {
        report.append(one(rules, qemu.subject(), &qemu.source, |check| match check {
            Check::Qemu(check) => Some(check(qemu, facts)),
            Check::Arguments(check) => Some(Ok(check(qemu))),
            _ => None,
        }));
    }
    report
}

fn of_machine(check: &Check, machine: &Machine, facts: &Facts) -> Option<Verdict> {
    match check {
        Check::Host(check) | Check::Guest(check) | Check::Unix(check) | Check::Machine(check) => {
            Some(check(machine, facts))
        }
        Check::Bsd(check) => machine.bsd.as_ref().map(|bsd| check(machine, bsd)),
        Check::Windows(check) => {
            machine.windows.as_ref().map(|windows| check(machine, windows, facts))
        }
        _ => None,
    }
}

/// Judges a domain by what libvirt and QEMU make of it. Where their versions are not known, all must agree.
fn by_model(
    domain: &Domain,
    facts: &Facts,
    check: fn(&Domain, &Translation) -> Vec<Finding>,
) -> Verdict {
    let Some(model) = domain.translation(facts) else { return Ok(vec![]) };
    let found = check(domain, model);
    let outline = |found: &[Finding]| -> Vec<_> {
        found.iter().map(|one| (one.severity, one.location.as_ref().map(|l| l.at))).collect()
    };
    match facts.other_versions(&domain.xml) {
        Some((unknown, others))
            if others.iter().any(|other| outline(&check(domain, other)) != outline(&found)) =>
        {
            Err(unknown)
        }
        _ => Ok(found),
    }
}

/// The id of the subject that is all others together.
pub const FLEET: &str = "fleet";

/// Judges the machines and domains of a run beside each other; nothing where there are no two of them.
pub fn fleet(mut fleet: Fleet, rules: &[&Rule]) -> Report {
    let concerned = rules.iter().any(|rule| matches!(rule.check, Check::Fleet(_)));
    if !concerned || !fleet.can_be_compared() {
        return Report::default();
    }
    fleet.machines.sort_by_cached_key(|member| (member.name.clone(), format!("{member:?}")));
    one(rules, fleet.subject(), &Source::default(), |check| match check {
        Check::Fleet(check) => Some(check(&fleet)),
        _ => None,
    })
}

/// Judges one subject by every rule to which `apply` has an answer.
fn one(
    rules: &[&Rule],
    subject: Subject,
    source: &Source,
    apply: impl Fn(&Check) -> Option<Verdict>,
) -> Report {
    let mut report = Report::default();
    for rule in rules {
        if let Some(verdict) = apply(&rule.check) {
            report.judge(rule.id, &subject.id, verdict);
        }
    }
    for location in report.findings.iter_mut().filter_map(|finding| finding.location.as_mut()) {
        location.excerpt = source.line(location.at.line).map(Into::into);
    }
    report.subjects.push(subject);
    report
}
