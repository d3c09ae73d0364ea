//! Complaints as users write them lead to their causes.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::rules;

fn likeliest(complaint: &str) -> Vec<&'static str> {
    rank(complaint).into_iter().map(|ranked| ranked.cause.id).collect()
}

#[test]
fn every_symptom_leads_to_its_own_cause_first() {
    for cause in all() {
        assert_eq!(
            likeliest(cause.symptom).first(),
            Some(&cause.id),
            "{}: {:?}",
            cause.symptom,
            likeliest(cause.symptom)
        );
    }
}

#[test]
fn ids_are_unique_rules_exist_and_nothing_is_left_out() {
    let mut ids = HashSet::new();
    for cause in all() {
        assert!(ids.insert(cause.id), "{} stands twice", cause.id);
        assert!(!cause.rules.is_empty() && !cause.confirm.is_empty(), "{}", cause.id);
        for rule in cause.rules {
            assert!(rules::find(rule).is_some(), "{} names {rule}, which is no rule", cause.id);
        }
        assert!(!cause.why.contains("  "), "{}: {}", cause.id, cause.why);
        let notions: HashSet<_> =
            cause.notions.iter().map(|(notion, _)| format!("{notion:?}")).collect();
        assert_eq!(notions.len(), cause.notions.len(), "{}", cause.id);
    }
    assert!(ids.len() >= 15, "{} causes", ids.len());
}

/// Complaints of users, in their words, and the cause that was found.
const COMPLAINTS: [(&str, &str); 33] = [
    ("the clock in my VM lags behind after I resume it", "paused"),
    ("guest time frozen at the moment of the pause", "paused"),
    ("time in VM is late by the sleep time, tokens expire", "host-slept"),
    ("5 minutes behind after my macbook woke up", "host-slept"),
    ("WSL-like: date wrong after laptop lid closed", "host-slept"),
    ("sandbox 75 h behind after snapshot restore, TLS not yet valid", "restored"),
    ("VM templating: 10 minutes late", "restored"),
    ("hibernated VDI guests are late", "restored"),
    ("reverting to a snapshot leaves the guest days in the past", "restored"),
    ("chrony needs hours to catch up", "daemon-only-slews"),
    ("ntpd exits after resume", "ntpd-panicked"),
    ("hwclock -s gives stale time", "sync-from-stale-rtc"),
    ("qemu-ga not answering, cannot set time", "agent-unreachable"),
    ("clock skew after live migration", "migrated"),
    ("seconds of shift in running guests when creating a virtual machine", "stood-still"),
    ("NetBSD clock lags, the more the guest is loaded", "ticks-lost"),
    ("RHEL 5 guest loses ticks", "ticks-lost"),
    ("cpu throttling by cgroups makes time skew", "overloaded"),
    ("micro-VM drifts, no time service at all", "no-discipline"),
    ("Ceph: clock skew detected on mon", "cluster-skew"),
    ("etcd clock difference between nodes", "cluster-skew"),
    ("macOS guest runs too fast", "rate-wrong"),
    ("arch_sys_counter guests lose 3 s per day", "arm-guest"),
    ("Windows guest 8 hours off at boot", "zone"),
    ("wrong timezone in windows after reboot", "zone"),
    ("every start the guest thinks it is 1970", "fixed-date"),
    ("six days late although timedatectl says System clock synchronized: yes", "says-synchronised"),
    ("modprobe ptp_kvm: No such device", "no-ptp"),
    ("every clock_gettime is a slow syscall after HPET fallback", "slow-clocksource"),
    ("Windows idle CPU 30 %", "windows-idle"),
    ("won't start after upgrading qemu: invalid option", "no-start"),
    ("migration blocked by non-migratable CPU device", "no-migrate"),
    ("timesyncd and chrony both running", "two-daemons"),
];

#[test]
fn complaints_of_users_lead_to_what_was_found() {
    let missed = COMPLAINTS.iter().filter_map(|(complaint, cause)| {
        let found = likeliest(complaint);
        (found.first() != Some(cause)).then(|| format!("{complaint}: {found:?}"))
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn few_causes_are_given_and_the_fit_falls() {
    for complaint in
        COMPLAINTS.iter().map(|(complaint, _)| *complaint).chain(["wrong", "clock wrong"])
    {
        let found = rank(complaint);
        assert!((1..=5).contains(&found.len()), "{complaint}: {found:?}");
        assert!(
            found.iter().all(|ranked| (1..=100).contains(&ranked.fit)),
            "{complaint}: {found:?}"
        );
        assert!(found.is_sorted_by_key(|ranked| std::cmp::Reverse(ranked.fit)), "{complaint}");
    }
}

#[test]
fn what_says_nothing_about_time_has_no_cause() {
    for complaint in ["", "  ", "the printer is on fire", "Lorem ipsum dolor"] {
        assert!(rank(complaint).is_empty(), "{complaint}: {:?}", likeliest(complaint));
    }
}

proptest! {
    #[test]
    fn no_complaint_makes_it_panic(text in "(?s).{0,200}") {
        rank(&text);
    }
}
