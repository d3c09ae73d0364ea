//! Asking a guard that runs.

use std::io;
use std::path::Path;

use kvmtime_core::guard::Status;
use kvmtime_core::units::Nanos;

use crate::world::{Talk, clock, plain};

/// It answers at once, unless its machine is very busy.
const PATIENCE: Nanos = Nanos(5_000_000_000);

/// What a guard that runs says of itself.
///
/// # Errors
/// When none answers.
pub(crate) fn ask(socket: &Path) -> io::Result<Status> {
    let text = Talk::unix(socket)?.rest(clock::monotonic() + PATIENCE)?;
    serde_json::from_slice(&text).map_err(|error| {
        io::Error::other(format!("it answers nothing that makes sense: {}", plain(&error.into())))
    })
}
