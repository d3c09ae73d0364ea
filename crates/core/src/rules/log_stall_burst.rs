//! See [`RULE`].

use kvmtime_wire::klog::{Event, LogLine};

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The guest's kernel reports several stalls within a minute: soft lockups, RCU stalls, `hrtimer: interrupt took`.
    ///
    /// ## Why it matters
    /// The kernel's watchdogs measure gaps in which a vCPU did not run. After a pause, a restore or a migration such a
    /// burst tells of the gap and of nothing else: it is not a fault of the guest's kernel.
    ///
    /// ## What to do
    /// Nothing, if it is the only one or comes with pauses. Bursts that repeat without any pause are those of a host that
    /// does not let the vCPUs run: see `guest-steal-high`, and give the guest more CPU.
    ///
    /// ## Exceptions
    /// A single line is not reported, nor is a clocksource watchdog that could not read its clocks in time. Three bursts or more of a guest of which no pause is known are taken for overload.
    ///
    /// ## References
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.6 Lockups
    /// - Linux `kernel/watchdog.c:watchdog_timer_fn`, `kernel/rcu/tree_stall.h`, `kernel/time/hrtimer.c`
    /// - Linux `arch/x86/kernel/kvmclock.c:kvm_check_and_clear_guest_paused`
    "log-stall-burst" on Guest {
        summary: "the guest's kernel noticed that it had not run for a while",
        severity: Info,
        since: "0.1.0",
    }
}

/// What tells a CPU that did not run from a clock that was slow to read.
const STALLS: [&str; 3] = ["soft lockup", "rcu", "hrtimer: interrupt took"];
/// What belongs to one gap is logged within a minute of its end.
const BURST_S: f64 = 60.0;
/// So many bursts are no single event.
const REPEATED: usize = 3;

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let log = &guest.logs.kernel;
    let mut lines = log.lines(|event| *event == Event::Stall)?;
    lines.retain(|line| STALLS.iter().any(|word| line.text.contains(word)));
    let bursts = bursts(&lines);
    let Some(first) = bursts.first() else { return log.whole().map(|()| vec![]) };
    let overload = bursts.len() >= REPEATED && !guest.lifecycle.is_eventful();
    let message = match bursts.len() {
        1 => format!("the kernel reports {} stalls within a minute", first.len()),
        many => format!("the kernel reports bursts of stalls, {many} times"),
    };
    let cure = if overload {
        "see whether the host lets the vCPUs run (steal time), and give the guest more CPU"
    } else {
        "nothing, if the guest was paused, restored or migrated at that time"
    };
    Ok(vec![
        RULE.found(message)
            .saw_lines(log, first)
            .saw("bursts", bursts.len(), log.from())
            .cure(cure, Effect::Live, Risk::Manual),
    ])
}

/// Groups of two or more lines that follow each other within a minute of the first.
fn bursts<'a>(lines: &[&'a LogLine]) -> Vec<Vec<&'a LogLine>> {
    let mut groups: Vec<(f64, Vec<&LogLine>)> = vec![];
    for line in lines {
        let Some(uptime) = line.uptime else { continue };
        match groups.last_mut() {
            // A boot begins anew at 0.
            Some((start, group)) if (0.0..BURST_S).contains(&(uptime - *start)) => group.push(line),
            _ => groups.push((uptime, vec![line])),
        }
    }
    groups.into_iter().map(|(_, group)| group).filter(|group| group.len() > 1).collect()
}
