//! What can be wrong: one file per rule.

use crate::rule::Rule;

/// Declares the rules' files and lists them; a rule's file name is its id with `_` for `-`.
macro_rules! catalogue {
    ($($name:ident)+) => {
        $(mod $name;)+
        /// Every rule, in the order of the catalogue.
        pub static CATALOGUE: &[&Rule] = &[$(&$name::RULE),+];
    };
}

catalogue! {
    host_tsc_not_constant
    host_tsc_not_nonstop
    host_clocksource_not_tsc
    host_tsc_unavailable
    host_tsc_forced_reliable
    host_legacy_power_lockdown
    host_unsynchronised
    host_multiple_time_daemons
    host_rtc_local_time
    host_rtc_not_disciplined
    host_vms_start_before_timesync
    host_libvirt_guests_no_sync
    host_sleep_with_guests
    host_kvm_module_tsc_tolerance
    host_nested_l1_uses_kvmclock
    host_kvmclock_periodic_sync
    host_tuned_profile
    host_no_tsc_scaling
    host_overcommit_steal
    dom_rtc_track_guest
    guest_clocksource_slow
    log_tsc_unstable
    log_lost_ticks
    log_tsc_frequency_mismatch
    log_ntp_giveup
}

/// The rule by that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    CATALOGUE.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_the_headings_in_order() {
        const HEADINGS: [&str; 5] = [
            "## What it checks",
            "## Why it matters",
            "## What to do",
            "## Exceptions",
            "## References",
        ];
        for rule in CATALOGUE {
            let found: Vec<&str> =
                rule.page.lines().map(str::trim).filter(|line| line.starts_with("## ")).collect();
            assert_eq!(found, HEADINGS, "{}", rule.id);
            assert!(
                rule.page.contains("- <") || rule.page.contains("- `") || rule.page.contains("- "),
                "{}",
                rule.id
            );
        }
    }

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = std::collections::HashSet::new();
        for rule in CATALOGUE {
            assert!(seen.insert(rule.id), "{} stands twice", rule.id);
            assert!(
                rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id
            );
        }
    }
}
