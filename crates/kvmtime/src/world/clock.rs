//! This machine's clocks.

use std::io;

use kvmtime_core::reading::{Interval, Moment};
use kvmtime_core::units::Nanos;
use kvmtime_sys::{clock_read, counter};

/// So often the distance of two clocks is taken: one in a hundred single ones is interrupted, and together they say more than the
/// narrowest. The error of 16 was at most 11 ns on an AMD EPYC.
const TRIES: u32 = 16;

/// `CLOCK_MONOTONIC`.
pub(crate) fn monotonic() -> Nanos {
    now(libc::CLOCK_MONOTONIC)
}

/// `CLOCK_BOOTTIME`, which goes on while the machine sleeps.
pub(crate) fn boottime() -> Nanos {
    now(libc::CLOCK_BOOTTIME)
}

/// `CLOCK_REALTIME`.
pub(crate) fn realtime() -> Nanos {
    now(libc::CLOCK_REALTIME)
}

/// The TSC, or what is like it on this machine.
pub(crate) fn count() -> u64 {
    counter::stamp()
}

/// Whether [`count`] is the TSC.
pub(crate) fn counts_tsc() -> bool {
    counter::NAME == Some("tsc")
}

/// The distances of this machine's clocks, now.
pub(crate) fn moment() -> Moment {
    let shift = distance(libc::CLOCK_REALTIME, TRIES);
    // Nobody sleeps for microseconds.
    let asleep = distance(libc::CLOCK_BOOTTIME, 3);
    Moment { monotonic: monotonic(), shift, asleep }
}

/// Sleeps until `CLOCK_MONOTONIC` says this, or a signal comes.
pub(crate) fn sleep_until(deadline: Nanos) {
    clock_read::sleep_until(deadline.0);
}

/// A clock − `CLOCK_MONOTONIC`. Both run at the same rate, so that all tries say the same, and together more than each.
fn distance(clock: libc::clockid_t, tries: u32) -> Interval {
    let read = || {
        let (before, there, after) = (monotonic(), now(clock), monotonic());
        Interval::bracketed(before, there, after, Nanos(1))
    };
    // One that contradicts those before was taken after a step.
    (1..tries).fold(read(), |known, _| {
        let new = read();
        known.intersect(new).unwrap_or(new)
    })
}

fn now(clock: libc::clockid_t) -> Nanos {
    // Every Linux has these clocks.
    Nanos(clock_read::now(clock).unwrap_or_default())
}

/// From now on the signals that end a program are noticed by [`interrupted`]. Whoever asks twice has it end at once: libvirt's calls
/// cannot be interrupted.
///
/// # Errors
/// What the kernel says.
pub(crate) fn catch_signals() -> io::Result<()> {
    kvmtime_sys::signals::catch_once()
}

/// Whether somebody asked the program to end.
pub(crate) fn interrupted() -> bool {
    kvmtime_sys::signals::caught().is_some()
}
