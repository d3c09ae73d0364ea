//! A plan: the changes that would cure what was found, as data.

use serde::{Deserialize, Serialize};

use crate::finding::{Effect, Finding, Risk};
use kvmtime_wire::cmdline::Parameter;
use kvmtime_wire::text::At;

/// What a change is made to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Object {
    /// A stretch of a libvirt domain's XML.
    Domain {
        /// The domain's name.
        name: String,
        /// The stretch.
        at: At,
    },
    /// A file below `/sys` or `/proc` that takes one value.
    Knob {
        /// Its path.
        path: String,
    },
    /// A parameter on the kernel's command line.
    KernelParameter {
        /// The part before `=`.
        name: String,
    },
}

/// One change. It says what it expects to find, so a machine that moved meanwhile is refused, and undoing it is the
/// same change with its two values swapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed.
    pub object: Object,
    /// What must be there before; `None`: nothing.
    pub expect: Option<String>,
    /// What shall be there after; `None`: nothing.
    pub value: Option<String>,
}

impl Change {
    /// Takes a parameter off the kernel's command line; its value is the part behind `=`, empty for a bare word.
    pub fn drop_parameter(parameter: &Parameter) -> Self {
        let object = Object::KernelParameter { name: parameter.name.clone() };
        Self { object, expect: Some(parameter.value.clone().unwrap_or_default()), value: None }
    }

    /// Makes the machine read time from another clocksource.
    pub fn clocksource(current: &str, better: &str) -> Self {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource".to_owned();
        let object = Object::Knob { path };
        Self { object, expect: Some(current.to_owned()), value: Some(better.to_owned()) }
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn undo(self) -> Self {
        Self { object: self.object, expect: self.value, value: self.expect }
    }
}

/// A change with what called for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule whose finding it cures.
    pub rule: String,
    /// The subject that it belongs to.
    pub subject: String,
    /// When it takes effect.
    pub effect: Effect,
    /// What it may cost.
    pub risk: Risk,
    /// The change.
    pub change: Change,
}

/// What to do, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The changes, in the order in which they are made.
    pub steps: Vec<Step>,
}

/// The plan that cures what can be cured; two findings that call for the same change get it once.
pub fn make(findings: &[Finding]) -> Plan {
    let mut plan = Plan::default();
    for finding in findings {
        for change in &finding.changes {
            if plan
                .steps
                .iter()
                .any(|step| step.change == *change && step.subject == finding.subject)
            {
                continue;
            }
            plan.steps.push(Step {
                rule: finding.rule.to_string(),
                subject: finding.subject.clone(),
                effect: finding.cure.effect,
                risk: finding.cure.risk,
                change: change.clone(),
            });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_twice_is_the_change_itself_and_json_keeps_it() {
        let change = Change {
            object: Object::Knob { path: "/sys/x".into() },
            expect: Some("hpet".into()),
            value: Some("tsc".into()),
        };
        assert_eq!(change.clone().undo().undo(), change);
        let plan = Plan {
            steps: vec![Step {
                rule: "guest-clocksource-slow".into(),
                subject: "guest".into(),
                effect: Effect::Live,
                risk: Risk::Safe,
                change,
            }],
        };
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    }
}
