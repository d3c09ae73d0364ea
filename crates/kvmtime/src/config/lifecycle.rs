//! What may happen to guests, as an administrator states it.

use kvmtime_core::lifecycle::{Happening, Lifecycle};

use super::{Refused, Set};

/// A word of the statement.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// They only ever run; none of the others happens
    Pinned,
    /// Stopped and continued
    Paused,
    /// Saved to a file and restored
    Saved,
    /// Moved to another host while they run
    Migrated,
    /// Snapshotted with their memory, and reverted
    Snapshotted,
    /// Their host suspends
    HostSleeps,
}

impl Word {
    fn happening(self) -> Option<Happening> {
        Some(match self {
            Self::Pinned => return None,
            Self::Paused => Happening::Paused,
            Self::Saved => Happening::Saved,
            Self::Migrated => Happening::Migrated,
            Self::Snapshotted => Happening::Snapshotted,
            Self::HostSleeps => Happening::HostSleeps,
        })
    }
}

/// What the words say; nothing is said without any.
pub(super) fn lifecycle(set: &Set<Vec<Word>>) -> Result<Option<Lifecycle>, Refused> {
    let happenings: Vec<_> = set.value.iter().filter_map(|word| word.happening()).collect();
    if happenings.len() < set.value.len() && !happenings.is_empty() {
        let from = &set.from;
        return Err(Refused::new(format!("{from}: what is pinned is nothing else besides")));
    }
    let stated = || Lifecycle::stated(&happenings, &set.from);
    Ok((!set.value.is_empty()).then(stated))
}
