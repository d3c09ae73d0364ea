//! Exit statuses and error messages: the same for every command.

use std::process::ExitCode;

use crate::output::{self, State};
use crate::world;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Nothing at or above the severity asked for.
    Clean,
    /// Findings, or a limit exceeded.
    Findings,
    /// The work could not be done.
    Failed,
    /// What a monitoring system wants to hear.
    Plugin(State),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::from(0),
            Exit::Findings => Self::from(1),
            Exit::Failed => Self::from(2),
            Exit::Plugin(state) => Self::from(state as u8),
        }
    }
}

/// An error with something to try.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Hinted {
    pub(super) message: String,
    pub(super) hint: String,
}

impl Hinted {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// Prints why a command could not do its work. A reader that went away is no failure.
pub(super) fn failed(error: &anyhow::Error) -> Exit {
    told(error, hint(error))
}

/// Prints why parts of the work could not be done; what may help several in a row is said once, after the last.
pub(super) fn failed_parts(errors: &[anyhow::Error]) {
    for (index, error) in errors.iter().enumerate() {
        let next = errors.get(index + 1).and_then(hint);
        told(error, hint(error).filter(|hint| next != Some(hint)));
    }
}

/// What may help.
fn hint(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| cause.downcast_ref::<Hinted>()).map(|hinted| &*hinted.hint)
}

fn told(error: &anyhow::Error, hint: Option<&str>) -> Exit {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.map(std::io::Error::kind).or(json) == Some(std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return Exit::Clean;
    }
    output::error(&words(error), hint);
    Exit::Failed
}

/// The whole chain, in plain words.
pub(super) fn words(error: &anyhow::Error) -> String {
    let one = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().map_or_else(|| cause.to_string(), world::plain)
    };
    error.chain().map(one).collect::<Vec<_>>().join(": ")
}

/// The same to a monitoring system, to which 2 would mean that something is wrong with the clocks.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn unknown(error: &anyhow::Error) -> anyhow::Result<Exit> {
    let exit = failed(error);
    if exit != Exit::Failed {
        return Ok(exit);
    }
    output::unknown(&words(error))?;
    Ok(Exit::Plugin(State::Unknown))
}

/// What clap has to say: help is no failure, a wrong word is.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe under --help is nothing to report.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Clean.into();
    }
    let plugin = std::env::args_os().any(|word| word == "nagios" || word == "--format=nagios");
    if !plugin {
        return Exit::Failed.into();
    }
    // Where it cannot be said, the exit status still tells.
    let _ = output::unknown("wrong usage, see standard error");
    Exit::Plugin(State::Unknown).into()
}
