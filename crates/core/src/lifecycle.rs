//! What may happen to a guest, what shows that it does, and what it costs the guest's clock.

use serde::{Deserialize, Serialize};

use crate::fact::Unknown;
use crate::finding::{Evidence, Finding, Severity};

/// What may happen to a guest while it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// It is stopped and continued where it is: `virsh suspend`, QMP `stop`.
    Paused,
    /// It is saved to a file and restored later.
    Saved,
    /// It goes on on another host.
    Migrated,
    /// It is snapshotted with its memory, and reverted to that.
    Snapshotted,
    /// Its host suspends while it runs.
    HostSleeps,
}

use Happening::{HostSleeps, Migrated, Paused, Saved, Snapshotted};

/// All of it.
pub const ALL: &[Happening] = &[Paused, Saved, Migrated, Snapshotted, HostSleeps];

/// What carries a guest's state to another place or time, so that QEMU must be able to write it down.
pub const WRITES_STATE: &[Happening] = &[Saved, Migrated, Snapshotted];

impl Happening {
    /// Whether a clock that the guest counts by that clocksource is behind afterwards, by more than a moment.
    ///
    /// While a VM is stopped QEMU keeps kvm-clock, and its own virtual clock with the emulated timers, where they were
    /// (`hw/i386/kvm/clock.c:kvmclock_vm_state_change`); the TSC counts on. What is restored goes on from the saved
    /// value, whatever the clock. Of a migration only the downtime is lost, if anything. A sleeping host's time is part
    /// of kvm-clock, while KVM lets a TSC that started anew go on where it stopped
    /// (Linux `arch/x86/kvm/x86.c:get_kvmclock_base_ns`, `kvm_arch_enable_virtualization_cpu`).
    pub fn leaves_behind(self, clocksource: &str) -> bool {
        match self {
            Saved | Snapshotted => true,
            Migrated => false,
            Paused => !matches!(clocksource, "tsc" | "tsc-early"),
            HostSleeps => matches!(clocksource, "tsc" | "tsc-early" | "hpet" | "acpi_pm"),
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Paused => "paused",
            Saved => "saved",
            Migrated => "migrated",
            Snapshotted => "snapshotted",
            HostSleeps => "host-sleeps",
        }
    }
}

/// What may happen to one guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Somebody stated it, so that nothing else happens.
    stated: bool,
    shown: Vec<(Happening, Evidence)>,
    /// Why it is not known whether more was seen.
    pub(crate) unknown: Option<Unknown>,
}

impl Lifecycle {
    /// What somebody stated, and where; nothing at all means that the guest only ever runs.
    pub fn stated(happenings: &[Happening], from: &str) -> Self {
        let evidence = |happening: &Happening| Evidence {
            what: "what happens to guests".into(),
            value: happening.word().to_owned(),
            from: from.to_owned(),
        };
        let shown = happenings.iter().map(|happening| (*happening, evidence(happening)));
        Self { stated: true, shown: shown.collect(), unknown: None }
    }

    /// What was seen, which does not exclude that there is more.
    pub fn seen(shown: Vec<(Happening, Evidence)>) -> Self {
        Self { stated: false, shown, unknown: None }
    }

    /// What shows that one of these happens.
    pub fn shows(&self, such: &[Happening]) -> Option<&Evidence> {
        self.find(|happening| such.contains(&happening))
    }

    /// Whether it is stated that none of these happens.
    pub fn rules_out(&self, such: &[Happening]) -> bool {
        self.stated && self.shows(such).is_none()
    }

    /// Whether anything is known to happen.
    pub fn is_eventful(&self) -> bool {
        !self.shown.is_empty()
    }

    /// Whether it is stated that nothing leaves a clock behind that counts by that clocksource.
    pub fn keeps(&self, clocksource: &str) -> bool {
        self.stated && self.gap(clocksource).is_none()
    }

    /// What shows that something happens after which such a clock is behind.
    pub fn gap(&self, clocksource: &str) -> Option<&Evidence> {
        self.find(|happening| happening.leaves_behind(clocksource))
    }

    /// Judges a fault that only tells when one of these happens: as `known` where that is known, with what shows it; as
    /// information where it is ruled out; else as it stands.
    pub fn judge(&self, found: Finding, such: &[Happening], known: Severity) -> Finding {
        match self.shows(such) {
            Some(shown) => found.severity(known).showing(shown),
            None if self.stated => found.severity(Severity::Info),
            None => found,
        }
    }

    fn find(&self, such: impl Fn(Happening) -> bool) -> Option<&Evidence> {
        self.shown.iter().find(|(happening, _)| such(*happening)).map(|(_, evidence)| evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clock_loses_something_else() {
        let paused = Lifecycle::stated(&[Paused], "--lifecycle");
        assert!(paused.gap("kvm-clock").is_some() && paused.keeps("tsc"));
        let saved = Lifecycle::stated(&[Saved], "--lifecycle");
        assert!(saved.gap("kvm-clock").is_some() && saved.gap("tsc").is_some());
        let asleep = Lifecycle::stated(&[HostSleeps], "--lifecycle");
        assert!(asleep.gap("tsc").is_some() && asleep.keeps("kvm-clock"));
    }

    #[test]
    fn only_a_statement_rules_anything_out() {
        assert!(Lifecycle::stated(&[], "--lifecycle").rules_out(WRITES_STATE));
        assert!(!Lifecycle::stated(&[Migrated], "--lifecycle").rules_out(WRITES_STATE));
        assert!(!Lifecycle::default().rules_out(WRITES_STATE));
        assert!(!Lifecycle::default().keeps("tsc"));
    }
}
