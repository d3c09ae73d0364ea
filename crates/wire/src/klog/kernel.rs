//! The kernel's wordings, from 2.6 to 7.2.

use super::{Detail, Event, Said};

/// What a kernel message says. `pr_fmt` puts the subsystem in front from 4.2 on.
pub(super) fn said(message: &str) -> Option<Said> {
    let prefixes = ["clocksource: ", "tsc: ", "kvm: "];
    let bare = prefixes.iter().find_map(|prefix| message.strip_prefix(prefix)).unwrap_or(message);
    let bare = bare.trim_start();
    let event = switched(bare)
        .or_else(|| unstable(bare))
        .or_else(|| refused(bare))
        .or_else(|| tsc(bare))
        .or_else(|| fixed(bare))
        .or_else(|| stall(bare));
    event.map(Said::Event).or_else(|| detail(bare).map(Said::Detail))
}

/// Source: Linux `kernel/time/clocksource.c:__clocksource_select`, before 2.6.31 `kernel/time/timekeeping.c`.
fn switched(message: &str) -> Option<Event> {
    let name = message
        .strip_prefix("Switched to clocksource ")
        .or_else(|| message.strip_prefix("Switching to clocksource "))
        .or_else(|| installed(message))?;
    Some(Event::Switched { clocksource: name.to_owned() })
}

/// 2.6.18 to 2.6.30.
fn installed(message: &str) -> Option<&str> {
    message.strip_prefix("Time: ")?.strip_suffix(" clocksource has been installed.")
}

/// Source: Linux `kernel/time/clocksource.c:clocksource_watchdog`.
fn unstable(message: &str) -> Option<Event> {
    let (name, delta_ns) = unstable_before_4_1(message)
        .or_else(|| Some((unstable_to_6_18(message)?, None)))
        .or_else(|| Some((slow_to_read(message)?, None)))
        .or_else(|| Some((unstable_from_7_1(message)?, None)))?;
    Some(Event::Unstable { clocksource: name.to_owned(), delta_ns })
}

/// RHEL 6 goes on: `.  Enable clocksource failover by adding clocksource_failover kernel parameter.`
fn unstable_before_4_1(message: &str) -> Option<(&str, Option<i64>)> {
    let (name, rest) = message.strip_prefix("Clocksource ")?.split_once(" unstable (delta = ")?;
    Some((name, number(rest)))
}

/// After 4.4 with the CPU's number.
fn unstable_to_6_18(message: &str) -> Option<&str> {
    let (_, rest) =
        message.strip_prefix("timekeeping watchdog")?.split_once(": Marking clocksource '")?;
    let (name, rest) = rest.split_once('\'')?;
    rest.starts_with(" as unstable").then_some(name)
}

/// 5.16 to 6.18: `…: wd-tsc-wd excessive read-back delay of 153560ns vs. limit of 125000ns, …, marking tsc unstable`.
/// Kernels before name the watchdog there and not what they mark.
fn slow_to_read(message: &str) -> Option<&str> {
    let (_, rest) = message.strip_prefix("timekeeping watchdog")?.split_once(": wd-")?;
    let (name, rest) = rest.split_once("-wd ")?;
    (rest.contains("read-back delay of ") && rest.contains(", marking ")).then_some(name)
}

/// Due to `frequency skew` or `inter CPU skew`.
fn unstable_from_7_1(message: &str) -> Option<&str> {
    Some(message.strip_prefix("Marking clocksource ")?.split_once(" unstable due to ")?.0)
}

/// Source: Linux `kernel/time/clocksource.c:__clocksource_select`; `deferring` is harmless.
fn refused(message: &str) -> Option<Event> {
    let (name, why) = message.strip_prefix("Override clocksource ")?.split_once(" is ")?;
    let refused = why.starts_with("unstable and not HRT") || why.starts_with("not HRT compatible");
    refused.then(|| Event::OverrideRefused { clocksource: name.to_owned() })
}

/// Source: Linux `arch/x86/kernel/tsc.c:mark_tsc_unstable`, `tsc_sync.c:check_tsc_sync_source`,
/// `kernel/time/clocksource.c:clocksource_verify_percpu`.
fn tsc(message: &str) -> Option<Event> {
    if let Some(reason) = message.strip_prefix("Marking TSC unstable due to") {
        // 2.6.21 has `due to: cpufreq changes.`
        let reason = reason.trim_start_matches(':').trim().trim_end_matches('.');
        return Some(Event::TscUnstable { reason: reason.to_owned() });
    }
    let boot =
        message.starts_with("Measured ") && message.contains(" cycles TSC warp between CPUs");
    let random = message.starts_with("TSC warped randomly between CPUs");
    let verified = message.starts_with("CPUs ")
        && (message.contains(" ahead of CPU ") || message.contains(" behind CPU "))
        && message.contains(" for clocksource tsc");
    (boot || random || verified).then_some(Event::TscWarp)
}

/// Messages of which only the beginning counts.
fn fixed(message: &str) -> Option<Event> {
    let begins = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    // arch/x86/kvm/x86.c:kvm_arch_vcpu_precreate
    if begins(&["SMP vm created on host with unstable TSC"]) {
        return Some(Event::UnstableTscForGuests);
    }
    // arch/x86/kernel/kvmclock.c:kvmclock_init; before 2.6.35 there is only the line of the boot CPU
    let boot_clock = begins(&["kvm-clock: cpu 0, "]) && message.ends_with(", boot clock");
    if boot_clock || begins(&["kvm-clock: Using msrs "]) {
        return Some(Event::KvmClock);
    }
    // 2.6 arch/x86_64/kernel/time.c:handle_lost_ticks, arch/i386/kernel/timers/timer_tsc.c:mark_offset_tsc
    let lost = message.starts_with("time.c: Lost ") && message.contains(" timer tick(s)!");
    if lost || begins(&["warning: many lost ticks", "Losing too many ticks!", "Losing some ticks"])
    {
        return Some(Event::LostTicks);
    }
    if begins(&["Your time source seems to be instable"]) {
        return Some(Event::InstableSource);
    }
    // kernel/power/suspend.c:pm_suspend, before 4.10 enter_state; hibernate.c:hibernate
    begins(&[
        "PM: suspend exit",
        "PM: Finishing wakeup.",
        "PM: hibernation exit",
        "PM: hibernation: hibernation exit",
    ])
    .then_some(Event::ResumedFromSleep)
}

/// Source: Linux `kernel/watchdog.c:watchdog_timer_fn`, `kernel/rcu/tree_stall.h`,
/// `kernel/time/hrtimer.c:hrtimer_interrupt`, `kernel/time/clocksource.c:cs_watchdog_read`, `watchdog_print_freq_timeout`.
fn stall(message: &str) -> Option<Event> {
    let lockup = message.contains("BUG: soft lockup");
    let rcu = message.contains("INFO: rcu") && message.contains(" stall");
    let interrupt = message.starts_with("hrtimer: interrupt took ");
    let readout = message.contains(" read-back delay of ")
        || message.starts_with("Long readout interval, skipping watchdog check")
        || message.starts_with("timekeeping watchdog")
            && message.ends_with(" times before success")
        || message.starts_with("Watchdog ") && message.contains(" read timed out");
    (lockup || rcu || interrupt || readout).then_some(Event::Stall)
}

/// Source: Linux `kernel/time/clocksource.c:clocksource_watchdog`, from 7.1 on `watchdog_print_freq_skew`.
fn detail(message: &str) -> Option<Detail> {
    let after = |separator| message.split_once(separator).and_then(|(_, rest)| number(rest));
    if message.starts_with('\'') {
        let watchdog = after("' wd_nsec: ").map(Detail::Watchdog);
        return watchdog.or_else(|| after("' cs_nsec: ").map(Detail::Clocksource));
    }
    if message.starts_with("Clocksource '") {
        return after("' skewed ").map(Detail::Skew);
    }
    match message.split_whitespace().next()? {
        "Watchdog" => after(" interval:").map(Detail::Watchdog),
        "Clocksource" => after(" interval:").map(Detail::Clocksource),
        _ => None,
    }
}

/// The number that a text begins with.
fn number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    text[..end].parse().ok()
}
