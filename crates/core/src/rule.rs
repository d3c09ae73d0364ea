//! What a rule is, and `rule!`, which makes one from its page and its check.

use crate::fact::Unknown;
use crate::facts::{Bsd, Domain, Facts, Fleet, Machine, Qemu, System, Windows};
use crate::finding::{Cure, Effect, Finding, Risk, Severity};
use crate::translate::Translation;

/// What a check gives back: what it found, or the fact that it lacked.
pub type Verdict = Result<Vec<Finding>, Unknown>;

/// What several looks at a subject found. That one of them lacked a fact matters where no other found anything.
pub(crate) fn together<const N: usize>(looks: [Result<Option<Finding>, Unknown>; N]) -> Verdict {
    let mut found = Vec::new();
    let mut lacking = None;
    for look in looks {
        match look {
            Ok(finding) => found.extend(finding),
            Err(unknown) => lacking = lacking.or(Some(unknown)),
        }
    }
    match lacking {
        Some(unknown) if found.is_empty() => Err(unknown),
        _ => Ok(found),
    }
}

/// A kind of fault that kvmtime knows.
pub struct Rule {
    /// Kebab-case, names the fault.
    pub id: &'static str,
    /// The fault in one line.
    pub summary: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// The version that brought it.
    pub since: &'static str,
    /// The page: what it checks, why it matters, what to do, exceptions, references.
    pub page: &'static str,
    /// How it is checked, and on what.
    pub check: Check,
}

/// A rule's check, by the kind of subject that it judges.
pub enum Check {
    /// This machine as a KVM host.
    Host(fn(&Machine, &Facts) -> Verdict),
    /// This machine as a guest that runs Linux.
    Guest(fn(&Machine, &Facts) -> Verdict),
    /// This machine as a guest that runs Linux or a BSD.
    Unix(fn(&Machine, &Facts) -> Verdict),
    /// This machine as a guest that runs a BSD.
    Bsd(fn(&Machine, &Bsd) -> Verdict),
    /// This machine as a guest that runs Windows.
    Windows(fn(&Machine, &Windows, &Facts) -> Verdict),
    /// This machine in any role, judged once.
    Machine(fn(&Machine, &Facts) -> Verdict),
    /// One libvirt domain.
    Domain(fn(&Domain, &Facts) -> Verdict),
    /// One libvirt domain by its XML alone, which always suffices.
    Xml(fn(&Domain) -> Vec<Finding>),
    /// One libvirt domain by what libvirt and QEMU make of it; skipped where they make different things of it, and their
    /// versions are not known.
    Model(fn(&Domain, &Translation) -> Vec<Finding>),
    /// One QEMU command line.
    Qemu(fn(&Qemu, &Facts) -> Verdict),
    /// One QEMU command line by itself, which always suffices.
    Arguments(fn(&Qemu) -> Vec<Finding>),
    /// The machines and domains of a whole run, beside each other.
    Fleet(fn(&Fleet) -> Verdict),
}

impl Check {
    /// The kind of subject in a word.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::Guest(_) | Self::Unix(_) | Self::Bsd(_) | Self::Windows(_) => "guest",
            Self::Machine(_) => "host or guest",
            Self::Domain(_) | Self::Xml(_) | Self::Model(_) => "domain",
            Self::Qemu(_) | Self::Arguments(_) => "qemu",
            Self::Fleet(_) => "fleet",
        }
    }

    /// Whether it knows what it judges on such a system.
    pub fn suits(&self, system: System) -> bool {
        match self {
            Self::Guest(_) => system == System::Linux,
            Self::Unix(_) | Self::Machine(_) => system != System::Windows,
            Self::Bsd(_) => system == System::Bsd,
            Self::Windows(_) => system == System::Windows,
            _ => true,
        }
    }

    /// Whether a fact may be lacking, so that the rule is skipped.
    pub fn can_be_skipped(&self) -> bool {
        !matches!(self, Self::Xml(_) | Self::Arguments(_))
    }
}

impl Rule {
    /// A finding of this rule, still without evidence and cure.
    pub fn found(&self, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.id.into(),
            severity: self.severity,
            subject: String::new(),
            message: message.into(),
            evidence: Vec::new(),
            location: None,
            cure: Cure {
                summary: "see the rule's page".into(),
                effect: Effect::Live,
                risk: Risk::Manual,
            },
            changes: Vec::new(),
        }
    }
}

/// Makes a rule of its page, its name and what stands in the file: `fn check`.
#[macro_export]
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $id:literal on $subject:ident {
            summary: $summary:literal,
            severity: $severity:ident,
            since: $since:literal $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub(super) static RULE: $crate::rule::Rule = $crate::rule::Rule {
            id: $id,
            summary: $summary,
            severity: $crate::finding::Severity::$severity,
            since: $since,
            page: concat!($($doc, "\n"),+),
            check: $crate::rule::Check::$subject(check),
        };
    };
}
