//! Idling, frequency and sleep.

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Unknown};

/// Idling, frequency and sleep.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// `/sys/devices/system/cpu/cpu0/cpuidle/state*`.
    pub idle_states: Fact<Vec<IdleState>>,
    /// `cpufreq/scaling_governor` of every CPU, without repetition.
    pub governors: Fact<Vec<String>>,
    /// The tuned profile in force, `/etc/tuned/active_profile`.
    pub tuned_profile: Fact<String>,
    /// Sleep states of `/sys/power/state`.
    pub sleep_states: Fact<Vec<String>>,
    /// Whether `sleep.target` and its kin are masked, so that nothing can suspend the machine.
    pub sleep_masked: Fact<bool>,
    /// SMBIOS chassis type, `/sys/class/dmi/id/chassis_type`; 8, 9, 10 and 14 are portables.
    pub chassis_type: Fact<u32>,
}

impl Power {
    /// Whether a tuned profile in force is of a kind; more than one may be in force.
    ///
    /// # Errors
    /// Why it is not known which are.
    pub fn tuned_is(&self, kind: impl Fn(&str) -> bool) -> Result<bool, Unknown> {
        let names = self.tuned_profile.optional()?;
        Ok(names.is_some_and(|names| names.split_whitespace().any(kind)))
    }
}

/// One cpuidle state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleState {
    /// `name`, such as `C6`.
    pub name: String,
    /// `latency`, microseconds to leave it.
    pub latency_us: u64,
    /// `disable`.
    pub disabled: bool,
}

impl IdleState {
    /// The number in its name: 6 of `C6` and `C6-HSW`, 1 of `C1E`; `None` of `POLL`.
    pub fn depth(&self) -> Option<u32> {
        let digits = self.name.strip_prefix('C')?;
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end)?.parse().ok()
    }
}
