//! Process lists: `ps aux` and `ps -ef` as support archives hold them.

use serde::{Deserialize, Serialize};

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its arguments, separated by NUL when they come from `/proc`, by blanks when they come from ps(1).
    pub command: String,
}
/// STUB
pub fn parse(_: &str) -> Vec<Process> {
    vec![]
}
