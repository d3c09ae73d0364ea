//! How things are printed, as users choose it.

use std::io;

/// How a report is printed.
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
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
    /// A test case for each rule and subject, for CI.
    Junit,
    /// Tables, for an issue or a merge request.
    Markdown,
    /// A line with performance data, and a monitoring plugin's exit status.
    Nagios,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// How anything but a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum Plain {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
}

/// How a measurement is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Table {
    /// For people.
    #[default]
    Text,
    /// For programs; the schema is named in it.
    Json,
    /// Every reading in a line.
    Csv,
}

/// Whether text is coloured.
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
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// How much of a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Verbosity {
    /// Show where each value came from, and why rules were skipped
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,

    /// Print findings only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl Colour {
    /// Whether what is printed now is coloured.
    pub(super) fn shown(self) -> bool {
        match self {
            Self::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}
