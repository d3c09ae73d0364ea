//! This machine's clocks watched from inside, without privilege.
//!
//! A step of any size wakes the watch by itself. Everything else is seen when it wakes up in time: what cost it needs little is
//! looked at each time, the rest now and then. It is never woken at even distances, so that it looks at the RTC's seconds at all
//! phases. When it was late once it looks every 2 ms until it no longer is: only so one gap is told from many.

use std::io;

use kvmtime_core::events::{Counted, Event, Look, State, Watch};
use kvmtime_core::reading::Moment;
use kvmtime_core::units::Nanos;
use kvmtime_sys::timer::Steps;
use kvmtime_sys::{affinity, clock_read, slice, timex};
use kvmtime_wire::stat;

use super::vmclock::Disruptions;
use crate::world::{Kept, clock};

/// Second edges are found to within this share of the interval, over which wake-ups are spread (the golden ratio's).
const SPREAD: i64 = 8;
/// So often what changes seldom, and the RTC, are looked at.
const SELDOM: u32 = 10;
const RTC: u32 = 3;
/// Who is later than this looks why.
const NOTICED: Nanos = Nanos(4_000_000);
/// From one look to the next when something began: shorter than any gap that counts.
const CLOSELY: Nanos = Nanos(2_000_000);

/// How long it runs when it was woken up, ns: the least that Linux knows (`sched_setattr`, kernel/sched/syscalls.c).
const TURN: u64 = 100_000;

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
    // Where the kernel does not know of it the watch wakes up as late as others.
    let _ = slice::keep_short(TURN);
    let mut watch = Watch::default();
    let mut files = Files::open();
    let end = duration.map(|duration| clock::monotonic() + duration);
    let mut woken = Woken { at: clock::monotonic(), due: None, set: false };
    let mut took = Nanos(0);
    for turn in 0_u32.. {
        let look = files.look(&woken, took, turn);
        watch.look(look).iter().try_for_each(&mut tell)?;
        if turn.is_multiple_of(SELDOM) {
            watch.state(clock::realtime(), files.state()).iter().try_for_each(&mut tell)?;
        }
        let now = clock::monotonic();
        took = now - woken.at;
        if clock::interrupted() || end.is_some_and(|end| now >= end) {
            break;
        }
        // 0.618 of a turn further each time.
        let phase = i64::from(turn.wrapping_mul(618) % 1000);
        let wait = interval.0 - interval.0 / SPREAD * phase / 1000;
        // Who looks more seldom than each second asks for steps, and for little cost also on a busy machine.
        let closely = interval <= Nanos::SECOND && watch.is_uneasy();
        let wait = if closely { wait.min(CLOSELY.0) } else { wait };
        let wait = end.map_or(wait, |end| wait.min((end - now).0));
        let milliseconds = i32::try_from(wait / 1_000_000).unwrap_or(i32::MAX).max(1);
        let ready = steps.wait(milliseconds)?;
        // The time of waking up comes first: what follows takes its own.
        let at = clock::monotonic();
        let set = ready && steps.take();
        let due = (!set).then(|| now + Nanos(i64::from(milliseconds) * 1_000_000));
        woken = Woken { at, due, set };
    }
    watch.end().iter().try_for_each(tell)
}

/// When the watch woke up, should have by time, and whether the clock was set.
struct Woken {
    at: Nanos,
    due: Option<Nanos>,
    set: bool,
}

const CLOCKSOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// What is read again and again.
struct Files {
    rtc: Option<Kept>,
    schedstat: Option<Kept>,
    stat: Option<Kept>,
    clocksource: Option<Kept>,
    vmclock: Option<Disruptions>,
}

impl Files {
    fn open() -> Self {
        let open = |path, room| Kept::open(path, room).ok();
        Self {
            rtc: open("/sys/class/rtc/rtc0/since_epoch", 32),
            // Documentation/scheduler/sched-stats.rst
            schedstat: open("/proc/thread-self/schedstat", 128),
            // A line of some 100 bytes for each CPU.
            stat: open("/proc/stat", 1 << 16),
            clocksource: open(CLOCKSOURCE, 64),
            vmclock: Disruptions::open(),
        }
    }

    fn look(&mut self, woken: &Woken, took: Nanos, turn: u32) -> Look {
        let moment = Moment { monotonic: woken.at, ..clock::moment() };
        let (raw, counts) = raw();
        let waited = self.waited();
        let late = woken.due.is_some_and(|due| woken.at - due + took > NOTICED);
        // Late ones are compared with what was counted not long before.
        let counted = (late || turn.is_multiple_of(SELDOM)).then(|| self.counted()).flatten();
        let rtc = turn.is_multiple_of(RTC).then(|| self.second()).flatten();
        let Woken { due, set, .. } = *woken;
        Look { moment, due, took, set, waited, counted, raw, counts, rtc }
    }

    fn second(&mut self) -> Option<(i64, [Nanos; 2])> {
        let rtc = self.rtc.as_mut()?;
        let before = clock::monotonic();
        let second = rtc.number().ok()?;
        Some((second, [before, clock::monotonic()]))
    }

    /// Time that this thread was ready to run and did not.
    fn waited(&mut self) -> Option<Nanos> {
        let text = self.schedstat.as_mut()?.read().ok()?;
        text.split_whitespace().nth(1)?.parse().ok().map(Nanos)
    }

    fn counted(&mut self) -> Option<Counted> {
        // Ticks of USER_HZ, which is 100 (proc_stat(5)).
        let time =
            |ticks: u64| Nanos(i64::try_from(ticks).unwrap_or(i64::MAX).saturating_mul(10_000_000));
        let text = self.stat.as_mut()?.read().ok()?;
        let cpu = affinity::current()?;
        let (all, own) = (stat::parse(text).ok()?, stat::parse_one(text, cpu).ok()?);
        Some(Counted { cpu, time: time(own.total - own.steal), steal: time(all.steal) })
    }

    fn state(&mut self) -> State {
        let timex = timex::read().ok();
        let clocksource = self.clocksource.as_mut().and_then(|file| file.read().ok());
        State {
            clocksource: clocksource.map(|name| name.trim().to_owned()),
            // STA_UNSYNC, include/uapi/linux/timex.h
            synchronised: timex.as_ref().map(|(timex, _)| timex.status & 0x40 == 0),
            leap: timex.map(|(_, state)| state),
            disruption: self.vmclock.as_ref().and_then(Disruptions::marker),
        }
    }
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
