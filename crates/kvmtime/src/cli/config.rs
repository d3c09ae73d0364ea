//! `kvmtime config`.

use std::path::PathBuf;

use serde::Serialize;

use super::choices::refused;
use super::exit::Exit;
use crate::config::{Layer, Set, Settings};
use crate::output::{self, Plain};
use crate::world;

/// Print the settings that hold for `check`, and where each value came from
///
/// The environment (KVMTIME_FAIL_ON, KVMTIME_FORMAT, KVMTIME_ONLY, KVMTIME_SKIP, KVMTIME_COLOUR, KVMTIME_LIFECYCLE,
/// KVMTIME_BUDGET, KVMTIME_CONFIG) wins over files, and files over defaults; a flag of `check` wins over all. What is printed is a file that would set the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime config                           what holds now
  kvmtime config --config ./config.toml    whether a file is right
  kvmtime config --format json             for programs")]
pub(super) struct Args {
    /// The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let settings = Settings::load(Layer::default(), args.config.as_deref());
    output::settings(&shown(settings.map_err(refused)?), args.format)?;
    Ok(Exit::Clean)
}

fn shown(settings: Settings) -> output::Settings {
    let Settings { fail_on, format, only, skip, colour, lifecycle, budget, guard, allow, files } =
        settings;
    let now = world::epoch_seconds();
    let allow = allow.into_iter().map(|allow| output::Allow {
        over: allow.is_over(now),
        until: allow.until.map(|until| until.to_string()),
        rule: allow.rule,
        subject: allow.subject,
        reason: allow.reason,
        from: allow.from,
    });
    output::Settings {
        schema: "kvmtime.config/1",
        files,
        settings: vec![
            setting("fail_on", &fail_on),
            setting("format", &format),
            setting("only", &only),
            setting("skip", &skip),
            setting("colour", &colour),
            setting("lifecycle", &lifecycle),
            setting("budget", &budget),
        ],
        guard: setting("guard", &guard),
        allow: allow.collect(),
    }
}

fn setting<T: Serialize>(key: &'static str, set: &Set<T>) -> output::Setting {
    // Words and lists of words always are JSON.
    let value = serde_json::to_value(&set.value).unwrap_or_default();
    output::Setting { key, value, from: set.from.clone() }
}
