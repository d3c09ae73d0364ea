//! Exit statuses and error messages: the same for every command.

use std::process::ExitCode;

use crate::{output, world};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Nothing at or above the severity asked for.
    Clean,
    /// Findings, or a limit exceeded.
    Findings,
    /// The work could not be done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::from(0),
            Exit::Findings => Self::from(1),
            Exit::Failed => Self::from(2),
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
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.map(std::io::Error::kind).or(json) == Some(std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return Exit::Clean;
    }
    let hint =
        error.chain().find_map(|cause| cause.downcast_ref::<Hinted>()).map(|h| h.hint.as_str());
    output::error(&words(error), hint);
    Exit::Failed
}

/// The whole chain, in plain words.
fn words(error: &anyhow::Error) -> String {
    let one = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().map_or_else(|| cause.to_string(), world::plain)
    };
    error.chain().map(one).collect::<Vec<_>>().join(": ")
}

/// What clap has to say: help is no failure, a wrong word is.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe under --help is nothing to report.
    let _ = error.print();
    if error.use_stderr() { Exit::Failed.into() } else { Exit::Clean.into() }
}
