//! What a run of `check` may be told by flags, and by a configuration where they are silent.

use std::path::PathBuf;

use super::exit::Hinted;
use crate::config::{self, Layer, Refused, Set, Settings, Word};
use crate::output::{Colour, Format, Limit};

/// Flags that a configuration can stand for.
#[derive(Debug, clap::Args)]
pub(super) struct Choices {
    /// How to print what was found [default: text]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The least severity that makes the exit status 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    fail_on: Option<Limit>,

    /// Judge by these rules alone, separated by commas
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    only: Vec<String>,

    /// Do not judge by these rules, separated by commas
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    skip: Vec<String>,

    /// Whether text is coloured [default: auto]
    #[arg(long, alias = "color", value_name = "WHEN", value_enum)]
    colour: Option<Colour>,

    /// What may happen to guests, separated by commas: rules judge by that alone [default: what is seen]
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_enum)]
    lifecycle: Vec<Word>,

    /// How far off clocks may be: ceph, etcd, cockroachdb, kerberos, aws-sigv4, tls, or seconds
    #[arg(long)]
    budget: Option<String>,

    /// The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Choices {
    /// What holds: these flags, else the environment, else the configuration, else the default.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let flags = Layer {
            fail_on: self.fail_on.map(|value| Set::new(value, "--fail-on")),
            format: self.format.map(|value| Set::new(value, "--format")),
            only: list(&self.only, "--only"),
            skip: list(&self.skip, "--skip"),
            colour: self.colour.map(|value| Set::new(value, "--colour")),
            lifecycle: list(&self.lifecycle, "--lifecycle"),
            budget: self.budget.clone().map(|value| Set::new(value, "--budget")),
            guard: None,
            allow: Vec::new(),
        };
        Settings::load(flags, self.config.as_deref()).map_err(refused)
    }

    /// Whether a monitoring system asks, whatever becomes of the settings.
    pub(super) fn for_monitoring(&self) -> bool {
        self.format.or_else(config::asked_format) == Some(Format::Nagios)
    }
}

fn list<T: Clone>(words: &[T], flag: &str) -> Option<Set<Vec<T>>> {
    (!words.is_empty()).then(|| Set::new(words.to_vec(), flag))
}

/// A refusal as every other error, with its hint.
pub(super) fn refused(refused: Refused) -> anyhow::Error {
    match refused.hint {
        Some(hint) => Hinted::new(refused.message, hint).into(),
        None => anyhow::anyhow!(refused.message),
    }
}
