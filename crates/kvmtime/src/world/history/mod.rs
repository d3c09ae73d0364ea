//! What was measured and corrected earlier: an SQLite file.

#[cfg(feature = "history")]
pub(crate) mod corrections;
#[cfg(feature = "history")]
mod file;
#[cfg(feature = "history")]
pub(crate) mod measurements;
#[cfg(not(feature = "history"))]
mod without;

use std::path::{Path, PathBuf};

use super::live;
#[cfg(not(feature = "history"))]
pub(crate) use without::{corrections, measurements};

/// Where the history is kept when nobody says: root's below /var/lib, anybody else's where their programs keep what they remember
/// (XDG Base Directory Specification, `XDG_STATE_HOME`), and a service's where systemd made it a folder (`StateDirectory=`).
pub(crate) fn place() -> PathBuf {
    const NAME: &str = "kvmtime/history.sqlite";
    let state = live::variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = || live::variable("HOME").map(|home| Path::new(&home).join(".local/state"));
    match live::variable("STATE_DIRECTORY") {
        Some(folder) => {
            Path::new(folder.split(':').next().unwrap_or_default()).join("history.sqlite")
        }
        None if live::is_root() => Path::new("/var/lib").join(NAME),
        None => state.or_else(home).unwrap_or_default().join(NAME),
    }
}
