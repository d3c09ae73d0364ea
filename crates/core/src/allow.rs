//! What an administrator knows of and accepts, with his reason.

use wildmatch::WildMatch;

use crate::check::{Report, Subject};
use crate::finding::Finding;

/// A fault that is accepted on some subjects.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    rule: String,
    subject: WildMatch,
    reason: String,
}

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// What was found.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
}

impl Allow {
    /// Accepts a rule's findings on the subjects whose id matches, with `*` for any characters and `?` for one.
    pub fn new(rule: &str, subject: &str, reason: &str) -> Self {
        Self { rule: rule.into(), subject: WildMatch::new(subject), reason: reason.into() }
    }

    fn covers(&self, finding: &Finding, subjects: &[Subject]) -> bool {
        let found_on = |subject: &&Subject| subject.id == finding.subject;
        self.rule == finding.rule
            && (self.subject.matches(&finding.subject)
                || subjects.iter().find(found_on).is_some_and(|subject| {
                    // The id under which it stands in a report that has another one of that name.
                    self.subject.matches(&format!("{}@{}", subject.id, subject.from))
                }))
    }
}

impl Report {
    /// Takes out what is allowed: it counts no more, and stands by itself with the reason.
    pub fn allow(&mut self, allows: &[Allow]) {
        if allows.is_empty() {
            return;
        }
        for finding in std::mem::take(&mut self.findings) {
            match allows.iter().find(|allow| allow.covers(&finding, &self.subjects)) {
                Some(allow) => {
                    *self.summary.findings(finding.severity) -= 1;
                    self.allowed.push(Allowed { finding, reason: allow.reason.clone() });
                }
                None => self.findings.push(finding),
            }
        }
    }
}
