//! The command line: one file per command.

mod bench;
mod capture;
mod check;
mod choices;
mod config;
mod echo;
mod exit;
mod explain;
mod facts;
mod guard;
mod guests;
mod history;
mod keep_clocksource;
mod measure;
mod pause;
mod resume;
mod rules;
mod sync;
mod targets;
mod translate;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Keeps the clocks of KVM guests right, and proves it.
#[derive(Debug, Parser)]
#[command(name = "kvmtime", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Facts(facts::Args),
    Capture(capture::Args),
    Rules(rules::Args),
    Explain(explain::Args),
    Config(config::Args),
    Translate(translate::Args),
    Bench(bench::Args),
    Measure(measure::Args),
    History(history::Args),
    Echo(echo::Args),
    Sync(sync::Args),
    Guard(guard::Args),
    Pause(pause::Args),
    Resume(resume::Args),
}

/// Runs the program: what was typed, what came of it, and the exit status.
pub fn main() -> ExitCode {
    // No command of the command line: kvmtime starts itself so.
    if let Some(home) = keep_clocksource::asked() {
        return keep_clocksource::run(&home).into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let done = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Facts(args) => facts::run(&args),
        Command::Capture(args) => capture::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Translate(args) => translate::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Measure(args) => measure::run(&args),
        Command::History(args) => history::run(&args),
        Command::Echo(args) => echo::run(&args),
        Command::Sync(args) => sync::run(&args),
        Command::Guard(args) => guard::run(&args),
        Command::Pause(args) => pause::run(&args),
        Command::Resume(args) => resume::run(&args),
    };
    done.unwrap_or_else(|error| exit::failed(&error)).into()
}

/// The whole command line, for manual pages, completions and the reference.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal's width where nobody changed it.
    const WIDTH: usize = 80;

    #[test]
    fn examples_fit_on_a_terminal() {
        for command in command().get_subcommands() {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in examples.lines() {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", command.get_name());
            }
        }
    }
}
