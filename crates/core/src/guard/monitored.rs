//! Guests that are guarded without a libvirt.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A QEMU that no libvirt runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitored {
    /// Where its monitor listens.
    pub qmp: PathBuf,
    /// Where its agent listens.
    pub qga: PathBuf,
}
