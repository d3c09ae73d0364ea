//! The least severity that counts.

use kvmtime_core::finding::Severity;

/// From which severity on a finding makes a run fail.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Limit {
    Info,
    #[default]
    Warning,
    Error,
    Never,
}

impl Limit {
    /// Whether a severity is at the limit or above it.
    pub(crate) fn reached(self, severity: Severity) -> bool {
        match self {
            Self::Info => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
            Self::Never => false,
        }
    }
}
