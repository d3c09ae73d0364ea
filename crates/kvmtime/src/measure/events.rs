//! This machine's clocks watched from inside, without privilege.
//!
//! A step of any size wakes the watch by itself. Everything else is seen when it wakes up in time: what cost it needs little is
//! looked at each time, the rest each tenth. It is never woken at even distances, so that it looks at the RTC's seconds at all phases.

use std::io;

use kvmtime_core::events::{Event, Look, State, Watch};
use kvmtime_core::units::Nanos;
use kvmtime_sys::timer::Steps;
use kvmtime_sys::{clock_read, timex};

use super::vmclock::Disruptions;
use crate::world::{self, World, clock};

/// Second edges are found to within this share of the interval, over which wake-ups are spread (the golden ratio's).
const SPREAD: i64 = 8;
/// So often what changes seldom, and the RTC, are looked at.
const SELDOM: u32 = 10;
const RTC: u32 = 3;
/// Who is later than this looks why.
const NOTICED: Nanos = Nanos(10_000_000);

/// Watches until the time is over or somebody ends it.
///
/// # Errors
/// When the kernel has no timers, or what `tell` says.
pub(crate) fn watch(
    interval: Nanos,
    duration: Option<Nanos>,
    mut tell: impl FnMut(&Event) -> io::Result<()>,
) -> io::Result<()> {
    let steps = Steps::watch()?;
    let world = World::live();
    let vmclock = Disruptions::open();
    let mut watch = Watch::default();
    let has_rtc = world::is_there(SINCE_EPOCH);
    let end = duration.map(|duration| clock::monotonic() + duration);
    let mut due = None;
    let mut set = false;
    let mut took = Nanos(0);
    for turn in 0_u32.. {
        if turn.is_multiple_of(SELDOM) {
            let disruption = vmclock.as_ref().and_then(Disruptions::marker);
            let state = State { disruption, ..state(&world) };
            watch.state(clock::realtime(), state).iter().try_for_each(&mut tell)?;
        }
        let look = Look { took, ..look(due, set, has_rtc && turn.is_multiple_of(RTC)) };
        watch.look(look).iter().try_for_each(&mut tell)?;
        let now = clock::monotonic();
        took = now - look.moment.monotonic;
        if clock::interrupted() || end.is_some_and(|end| now >= end) {
            break;
        }
        // 0.618 of a turn further each time.
        let phase = i64::from(turn.wrapping_mul(618) % 1000);
        let wait = interval.0 - interval.0 / SPREAD * phase / 1000;
        let wait = end.map_or(wait, |end| wait.min((end - now).0));
        let milliseconds = i32::try_from(wait / 1_000_000).unwrap_or(i32::MAX).max(1);
        set = steps.wait(milliseconds)?;
        due = (!set).then(|| now + Nanos(i64::from(milliseconds) * 1_000_000));
    }
    watch.end().iter().try_for_each(tell)
}

const SINCE_EPOCH: &str = "/sys/class/rtc/rtc0/since_epoch";

fn look(due: Option<Nanos>, set: bool, rtc: bool) -> Look {
    // The time of waking up comes first: what follows takes its own.
    let woken = clock::monotonic();
    // Who was woken in time has not waited; the first look is what later ones are compared with.
    let late = due.is_none_or(|due| woken - due > NOTICED);
    let moment = kvmtime_core::reading::Moment { monotonic: woken, ..clock::moment() };
    let (raw, counts) = raw();
    let rtc = rtc.then(second).flatten();
    let (waited, steal) = if late || rtc.is_some() { (waited(), steal()) } else { (None, None) };
    Look { moment, due, took: Nanos(0), set, waited, steal, raw, counts, rtc }
}

/// `CLOCK_MONOTONIC_RAW` between two counts of the TSC, as near to each other as some tries give them.
fn raw() -> (Nanos, Option<[u64; 2]>) {
    let read = |_| {
        let before = clock::count();
        let raw = clock_read::now(libc::CLOCK_MONOTONIC_RAW).unwrap_or_default();
        (Nanos(raw), [before, clock::count()])
    };
    let nearest = (0..3).map(read).min_by_key(|(_, counts)| counts[1].wrapping_sub(counts[0]));
    let (raw, counts) = nearest.unwrap_or_default();
    (raw, clock::counts_tsc().then_some(counts))
}

fn second() -> Option<(i64, [Nanos; 2])> {
    let before = clock::monotonic();
    let second = world::number(SINCE_EPOCH).ok()?;
    Some((second, [before, clock::monotonic()]))
}

/// Time that this thread was ready to run and did not (Documentation/scheduler/sched-stats.rst).
fn waited() -> Option<Nanos> {
    let text = world::read("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().nth(1)?.parse().ok().map(Nanos)
}

/// CPU time of all CPUs that the hypervisor gave to others, in ticks of 10 ms (proc_stat(5)).
fn steal() -> Option<Nanos> {
    let text = world::read("/proc/stat").ok()?;
    let ticks: i64 = text.lines().next()?.split_whitespace().nth(8)?.parse().ok()?;
    Some(Nanos(ticks.saturating_mul(10_000_000)))
}

fn state(world: &World) -> State {
    let clocksource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let timex = timex::read().ok();
    State {
        clocksource: world.word(clocksource).value().cloned(),
        // STA_UNSYNC, include/uapi/linux/timex.h
        synchronised: timex.as_ref().map(|(timex, _)| timex.status & 0x40 == 0),
        leap: timex.map(|(_, state)| state),
        disruption: None,
    }
}
