//! What an upgrade changes for a domain.

use serde::Serialize;

use super::{Outcome, Refusal, Setting, Text, Translation, Version};

/// What differs between two translations of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The domain's name.
    pub name: String,
    /// The file or libvirt that it was read from.
    pub from: String,
    /// Before.
    pub old: Side,
    /// After.
    pub new: Side,
    /// Settings that something else becomes of.
    pub settings: Vec<Change>,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// libvirt's version.
    pub libvirt: Option<Version>,
    /// QEMU's version.
    pub qemu: Version,
    /// Why there will be no guest.
    pub refused: Option<Refusal>,
    /// Arguments, properties and environment that the other side does not have.
    pub only: Vec<String>,
}

/// A setting that something else becomes of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path.
    pub path: Text,
    /// Its value.
    pub value: String,
    /// Its line.
    pub line: u32,
    /// Its column.
    #[serde(skip)]
    pub column: u32,
    /// What became of it.
    pub old: Fate,
    /// What becomes of it.
    pub new: Fate,
}

/// What becomes of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// In a word.
    pub outcome: Outcome,
    /// The argument.
    pub becomes: Option<Text>,
    /// What the device does.
    pub device: Text,
}

impl Difference {
    /// Whether the two are the same.
    pub fn is_empty(&self) -> bool {
        self.old.refused == self.new.refused
            && self.old.only.is_empty()
            && self.new.only.is_empty()
            && self.settings.is_empty()
    }
}

/// Compares two translations of one domain.
pub fn diff(old: &Translation, new: &Translation) -> Difference {
    let same = |old: &Setting, new: &&Setting| old.path == new.path && old.at == new.at;
    let pairs = old.settings.iter().filter_map(|old| {
        let new = new.settings.iter().find(|new| same(old, new))?;
        Some((old, new))
    });
    let changed = pairs.filter(|(old, new)| Fate::of(old) != Fate::of(new));
    Difference {
        name: old.name.clone(),
        from: old.from.clone(),
        old: Side::of(old, new),
        new: Side::of(new, old),
        settings: changed.map(|(old, new)| change(old, new)).collect(),
    }
}

fn change(old: &Setting, new: &Setting) -> Change {
    Change {
        path: old.path.clone(),
        value: old.value.clone(),
        line: old.line,
        column: old.column,
        old: Fate::of(old),
        new: Fate::of(new),
    }
}

impl Fate {
    fn of(setting: &Setting) -> Self {
        Self {
            outcome: setting.outcome,
            becomes: setting.becomes.clone(),
            device: setting.device.clone(),
        }
    }
}

impl Side {
    fn of(this: &Translation, other: &Translation) -> Self {
        // Against a guest that there will not be, every argument would count as a change.
        let both = !this.is_refused() && !other.is_refused();
        let mut others: Vec<String> = arguments(other).collect();
        let only = arguments(this).filter(|_| both).filter(|argument| {
            let same = others.iter().position(|other| other == argument);
            same.map(|index| others.swap_remove(index)).is_none()
        });
        Self {
            only: only.collect(),
            libvirt: this.libvirt,
            qemu: this.qemu,
            refused: this.refused.clone(),
        }
    }
}

fn arguments(all: &Translation) -> impl Iterator<Item = String> + '_ {
    let named = |option: &'static str| move |property: &String| format!("{option} {property}");
    let args = all.args.iter().cloned();
    let machine = all.machine.iter().map(named("-machine"));
    args.chain(machine).chain(all.cpu.iter().map(named("-cpu"))).chain(all.env.iter().cloned())
}
