//! How late a thread wakes that sleeps until a time.

use std::thread;

use kvmtime_core::bench::{Sample, Wakeup};
use kvmtime_sys::clock_read;

/// How often it sleeps, and how long each time: `SLEEPS × SLEEP_NS` is what this takes.
const SLEEPS: usize = 250;
const SLEEP_NS: i64 = 1_000_000;

/// With the slack that programs have, and with the least that they can ask for.
pub(super) fn measure() -> Vec<Wakeup> {
    let usual = clock_read::timer_slack();
    [usual, 1].into_iter().filter_map(with_slack).collect()
}

/// In a thread, since the slack is the thread's.
fn with_slack(slack_ns: u32) -> Option<Wakeup> {
    let sleeping = thread::spawn(move || {
        clock_read::set_timer_slack(slack_ns);
        let late = (0..SLEEPS).map_while(|_| sleep().ok());
        Wakeup { slack_ns, late: Sample::of(&late.collect::<Vec<_>>()) }
    });
    sleeping.join().ok()
}

/// A signal wakes too early, which is then no lateness.
fn sleep() -> std::io::Result<f64> {
    let until = clock_read::now(libc::CLOCK_MONOTONIC)? + SLEEP_NS;
    clock_read::sleep_until(until);
    Ok((clock_read::now(libc::CLOCK_MONOTONIC)? - until).max(0) as f64)
}
