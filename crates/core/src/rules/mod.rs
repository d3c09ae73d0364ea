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
    host_pit_disables_avic
    host_kvm_parameter_removed
    dom_clock_absent
    dom_offset_windows_utc
    dom_offset_linux_localtime
    dom_offset_absolute
    dom_offset_variable_stale
    dom_hpet_enabled
    dom_hpet_needed
    dom_rtc_no_catchup_windows
    dom_rtc_track_guest
    dom_rtc_track_realtime
    dom_rtc_slew_replays_pause
    dom_rtc_track_boot
    dom_rtc_policy_unsupported
    dom_pit_discard_tick_guest
    dom_pit_delay_ambiguous
    dom_timer_present_noop
    dom_catchup_tunables_noop
    dom_tickpolicy_noop
    dom_clock_setting_noop
    dom_clock_refused
    dom_kvmclock_disabled
    dom_kvm_hidden
    dom_hypervclock_missing
    dom_stimer_missing
    dom_stimer_prereq
    dom_hyperv_on_nonwindows
    dom_hv_passthrough
    dom_reenlightenment_no_frequency
    dom_invtsc_blocks_migration
    dom_tsc_frequency_unsupported
    dom_tsc_frequency_not_scaled
    dom_tsc_frequency_without_invtsc
    dom_cpu_model_generic
    dom_no_agent_channel
    dom_armvtimer_policy
    dom_ioapic_split_rtc_slew
    dom_hpet_present_refused
    dom_live_differs_from_definition
    qemu_rtc_effective_policy
    qemu_removed_clock_options
    qemu_option_refused
    qemu_vmclock_no_time
    qemu_no_kvm
    qemu_icount
    qemu_windows_no_hvtime
    qemu_invtsc_migratable_conflict
    qemu_irqchip_split_rtc_slew
    guest_clocksource_slow
    guest_kvmclock_unavailable
    guest_tsc_without_invariant
    guest_rhel5_jiffies_false_positive
    guest_clocksource_forced
    guest_no_kvmclock_param
    guest_notsc
    guest_divider
    guest_lpj_stale
    guest_clocksource_failover_param
    guest_legacy_clock_param
    guest_tsc_reliable_param
    guest_required_params_missing_legacy
    guest_no_steal_acc
    guest_steal_high
    guest_no_time_discipline
    guest_multiple_time_daemons
    guest_chrony_makestep_limited
    guest_ntpd_panic_threshold
    guest_ntp_local_clock
    guest_ptp_kvm_unused
    guest_ptp_unstable_name
    guest_phc_trusts_unsynced_host
    guest_agent_time_disabled
    guest_agent_no_hwclock
    guest_behind_after_gap
    guest_chrony_maxchange_ends
    guest_phc_dead_after_switch
    guest_vmclock_time_scale
    guest_rtc_contradicts_clock
    guest_noop_clock_param
    guest_clock_rate_param
    guest_rtc_localtime
    guest_container_time_daemon
    win_useplatformclock
    win_xp2003_usepmtimer
    win_rtc_mode_mismatch
    win_w32time_inactive
    win_qpc_source
    win_domtime_sync_mode
    freebsd_no_kvmclock
    freebsd_kern_hz
    openbsd_pvclock_absent
    openbsd_sensor_unused
    netbsd_tick_loss
    log_tsc_unstable
    log_lost_ticks
    log_tsc_frequency_mismatch
    log_ntp_giveup
    log_stall_burst
    clock_error_exceeds_budget
    clock_rate_absurd
    kernel_flag_contradicts_daemon
    phc_contradicts_servers
    falseticker_among_sources
    ntp_smear_mix
    ntp_leap_policy_fleet
    ntp_duplicate_source
    fleet_tsc_heterogeneous
    fleet_no_post_migration_sync
    fleet_clock_xml_inconsistent
    fleet_localtime_mixed_tz
    fleet_time_source_inconsistent
}

/// The rule by that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    CATALOGUE.iter().copied().find(|rule| rule.id == id)
}

/// The rule that shares most of its words with what was asked for, and of those the one that begins most like it.
pub fn nearest(asked: &str) -> Option<&'static str> {
    let asked = asked.to_lowercase();
    let words: Vec<&str> = asked.split(['-', '_', ' ']).filter(|word| word.len() > 2).collect();
    let shared = |id: &str| words.iter().filter(|word| id.contains(*word)).count();
    let alike = |id: &str| id.bytes().zip(asked.bytes()).take_while(|(a, b)| a == b).count();
    let ids = CATALOGUE.iter().map(|rule| rule.id);
    let best = ids.max_by_key(|id| (shared(id), alike(id)))?;
    (shared(best) > 0).then_some(best)
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
