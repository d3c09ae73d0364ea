//! `cargo xtask gen`: what the program can tell of itself is not written by hand.

mod book;
mod cli;
mod completions;
mod config;
mod man;
mod page;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::root;

/// Write the rules' pages, the references of the command line, the configuration and the schema, the book's contents, man
/// pages and completions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail and list what is not as it would be written
    #[arg(long)]
    check: bool,
}

/// Folders in which everything is generated: what is not generated any more goes away.
const OWNED: [&str; 3] = ["docs/rules", "packaging/man", "packaging/completions"];

/// What is written, by its path in the repository.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Writes the files or compares them; false if any differs from what it should be.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let wanted = files()?;
    let stale = stale(&wanted)?;
    let changed: Vec<_> = wanted.iter().filter(|(path, bytes)| differs(path, bytes)).collect();
    for (path, bytes) in &changed {
        println!("{}", path.display());
        if !args.check {
            write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    for path in &stale {
        println!("{} (belongs to nothing)", path.display());
        if !args.check {
            fs::remove_file(root().join(path))
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    let current = changed.is_empty() && stale.is_empty();
    if args.check && !current {
        eprintln!("run `cargo xtask gen` and commit what it writes");
    }
    Ok(current || !args.check)
}

fn files() -> anyhow::Result<Files> {
    let mut files = Files::new();
    rules::add(&mut files);
    cli::add(&mut files);
    config::add(&mut files);
    man::add(&mut files)?;
    completions::add(&mut files);
    book::add(&mut files)?;
    Ok(files)
}

fn differs(path: &Path, bytes: &[u8]) -> bool {
    fs::read(root().join(path)).map_or(true, |found| found != bytes)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = root().join(path);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes)
}

fn stale(wanted: &Files) -> std::io::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for folder in OWNED {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if !wanted.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// The program's commands below `command`, each with the words that call it; `help` is none of its own.
fn commands(command: &clap::Command) -> Vec<clap::Command> {
    let own =
        command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set());
    std::iter::once(command.clone()).chain(own.flat_map(commands)).collect()
}

/// The command line with every name filled in.
fn command() -> clap::Command {
    let mut command = kvmtime::cli::command().disable_help_subcommand(true);
    command.build();
    command
}
