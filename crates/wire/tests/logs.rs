//! Every wording in `logs/`, one file a kernel or program, is recognised for what it is.

use kvmtime_wire::klog::Event::{self, *};
use kvmtime_wire::klog::{concerns_time, parse, parse_kernel};

fn unstable(clocksource: &str, delta_ns: Option<i64>) -> Event {
    Unstable { clocksource: clocksource.to_owned(), delta_ns }
}

fn switched(clocksource: &str) -> Event {
    Switched { clocksource: clocksource.to_owned() }
}

fn tsc(reason: &str) -> Event {
    TscUnstable { reason: reason.to_owned() }
}

fn refused(clocksource: &str) -> Event {
    OverrideRefused { clocksource: clocksource.to_owned() }
}

fn check(log: &str, expected: &[(u32, Event)]) {
    let found: Vec<(u32, Event)> = parse(log).into_iter().map(|l| (l.line, l.event)).collect();
    assert_eq!(found, expected);
}

macro_rules! logs {
    ($($name:ident $file:literal [$($line:literal $event:expr,)*])*) => { $(
        #[test]
        fn $name() {
            check(include_str!(concat!("logs/", $file, ".log")), &[$(($line, $event)),*]);
        }
    )* };
}

logs! {
    lost_ticks_of_2_6_9 "2.6.9" [
        1 LostTicks,
        2 LostTicks,
        3 InstableSource,
        6 LostTicks,
        7 LostTicks,
    ]
    clocksources_of_2_6_18 "2.6.18" [
        1 KvmClock,
        3 tsc("cpufreq changes"),
        5 switched("tsc"),
        6 unstable("tsc", Some(-2_090_960_056)),
        7 switched("acpi_pm"),
        8 Stall,
    ]
    the_same_of_2_6_24 "2.6.24" [
        2 switched("tsc"),
    ]
    the_failover_advice_of_rhel_6 "2.6.32-el6" [
        1 KvmClock,
        2 KvmClock,
        3 switched("kvm-clock"),
        4 unstable("tsc", Some(6_824_818_792)),
        6 unstable("tsc", Some(-17_179_860_571)),
        7 unstable("tsc", Some(-95_170_507_948)),
        8 Stall,
    ]
    warps_stalls_and_sleep_of_3_10 "3.10" [
        2 TscWarp,
        3 tsc("check_tsc_sync_source failed"),
        5 refused("tsc"),
        6 switched("hpet"),
        7 Stall,
        8 UnstableTscForGuests,
        10 ResumedFromSleep,
        12 Stall,
    ]
    the_first_watchdog_with_details_4_1 "4.1" [
        2 switched("xen"),
        3 unstable("tsc", None),
    ]
    the_watchdog_of_4_4_names_no_cpu "4.4" [
        2 unstable("tsc", None),
        5 switched("acpi_pm"),
    ]
    a_calm_boot_of_4_9 "4.9" [
        2 switched("refined-jiffies"),
        5 switched("tsc"),
    ]
    the_early_tsc_of_4_18 "4.18" [
        4 unstable("tsc-early", None),
        6 tsc("clocksource watchdog"),
    ]
    slow_reads_of_5_10 "5.10" [
        1 KvmClock,
        5 switched("kvm-clock"),
        6 unstable("tsc", None),
        9 tsc("clocksource watchdog"),
        10 switched("kvm-clock"),
        11 Stall,
        12 Stall,
        13 Stall,
        14 tsc("clocksource watchdog"),
        18 switched("hpet"),
        19 Stall,
        20 ResumedFromSleep,
        21 switched("tsc-early"),
        23 Stall,
        24 switched("tsc"),
        25 unstable("tsc", None),
        28 tsc("clocksource watchdog"),
        31 switched("acpi_pm"),
    ]
    slow_reads_of_5_15_through_logread "5.15" [
        1 Stall,
        2 Stall,
    ]
    intervals_of_6_1_give_the_delta "6.1" [
        1 KvmClock,
        2 unstable("tsc", Some(511_584_233 - 508_905_888)),
        6 tsc("clocksource watchdog"),
        7 Stall,
        8 Stall,
        9 unstable("tsc-early", None),
        11 TscWarp,
        12 refused("tsc"),
        14 switched("tsc-early"),
        15 unstable("tsc-early", Some(839_289_806 - 512_032_000)),
        19 tsc("clocksource watchdog"),
        20 switched("refined-jiffies"),
        21 switched("acpi_pm"),
    ]
    the_skew_of_6_12_belongs_to_the_event_before "6.12" [
        1 KvmClock,
        3 TscWarp,
        4 TscWarp,
        5 tsc("check_tsc_sync_source failed"),
        6 unstable("tsc", Some(-2_365_889)),
        11 tsc("clocksource watchdog"),
        12 unstable("tsc", None),
        13 unstable("acpi_pm", Some(200_000_250)),
        15 Stall,
        16 UnstableTscForGuests,
        17 UnstableTscForGuests,
        18 ResumedFromSleep,
        19 switched("tsc-early"),
        20 switched("tsc"),
        21 unstable("tsc", Some(578_468_031)),
        26 tsc("clocksource watchdog"),
        27 switched("acpi_pm"),
    ]
    the_rewritten_watchdog_of_7_2 "7.2" [
        1 unstable("tsc", Some(1_894_661_885 - 503_995_129)),
        4 tsc("clocksource watchdog"),
        5 switched("kvm-clock"),
        6 unstable("tsc", None),
        8 Stall,
        9 Stall,
        10 switched("tsc-early"),
        12 switched("tsc"),
        13 unstable("tsc", Some(25_016 - 25_980)),
        16 tsc("clocksource watchdog"),
        19 switched("acpi_pm"),
    ]
    qemu_refuses "qemu" [
        2 TscFrequencyMismatch,
        4 InvtscBlocksMigration,
        6 GuestReverted,
    ]
    libvirt_refuses "libvirt" [
        2 TscFrequencyRefused,
        3 TscFrequencyRefused,
        4 InvtscBlocksMigration,
        7 GuestMigrated,
        8 GuestSaved,
    ]
    chronyd_jumps_and_gives_up "chronyd" [
        3 ChronyTimeJump,
        4 ChronyNoSources,
        5 ChronyClockWrong { offset_ns: 4_005_564_000 },
        6 ChronyStepped { offset_ns: 4_005_564_000 },
        7 ChronyClockWrong { offset_ns: -1_707_730_000 },
        8 ChronyClockWrong { offset_ns: 1_746_599_044_734_500_000 },
        9 ChronyNoSources,
        10 ChronyTimeJump,
        12 ChronyGaveUp,
    ]
    ntpd_gives_up "ntpd" [
        1 NtpdGaveUp,
        3 NtpdGaveUp,
        4 NtpdGaveUp,
        5 NtpdGaveUp,
    ]
}

#[test]
fn a_line_keeps_its_text_and_time_without_what_syslog_puts_in_front() {
    let lines = parse(include_str!("logs/4.4.log"));
    assert_eq!(lines[1].text, "clocksource: Switched to clocksource acpi_pm");
    assert!((lines[1].uptime.unwrap() - 26_977.146_218).abs() < 1e-9);
}

#[test]
fn details_count_where_a_log_is_filtered() {
    let concerned = include_str!("logs/6.12.log").lines().filter(|line| concerns_time(line));
    assert_eq!(concerned.count(), 24);
    let short: Vec<&str> =
        include_str!("logs/6.12.log").lines().filter(|line| concerns_time(line)).collect();
    assert_eq!(parse(&short.join("\n"))[4].event, unstable("tsc", Some(-2_365_889)));
}

#[test]
fn a_log_that_begins_after_the_boot_says_so() {
    let first = |text: &str| parse_kernel(text).swap_remove(0).event;
    let later = "[ 81.5] clocksource: Switched to clocksource tsc";
    for gone in ["", "no stamp\n", "[ 80.0] init: on Linux version 6\n"] {
        assert_eq!(first(&format!("{gone}{later}")), EarlierGone, "{gone}");
    }
    assert_eq!(first(""), EarlierGone);
    for boot in [
        "[    0.09] Linux version 6.12",
        "[    0.000000] tsc: Detected",
        "Linux version 2.6.18-398.el5",
        "Mar 11 02:11:04 guest rsyslogd: start\nMar 11 02:11:04 guest kernel: Linux version 3.10.0",
        "OpenBSD 7.6 (GENERIC.MP) #338",
    ] {
        assert_eq!(first(&format!("{boot}\n{later}")), switched("tsc"), "{boot}");
    }
}
