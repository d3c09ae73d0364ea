//! Looks at one guest's clock all the time: whatever it is, nobody may move it further away from the host's.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::herd::{Domain, Offset};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A time that is told arrives this much later on a busy host, and nobody can know before: it is read back and told again.
const CALL: Duration = Duration::from_millis(100);

/// Nothing takes as long.
const LONG: Duration = Duration::from_secs(3600);

pub(super) struct Watch<'a> {
    domain: &'a Domain,
    tolerance: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last look, and how long the guest had stood still before it, at least.
    last: Option<(Offset, Duration)>,
    /// How long it stood still.
    still: Duration,
    /// Since when it does.
    since: Option<Instant>,
    /// Looks that began before this are of another machine.
    anew: Option<Instant>,
    moved: Vec<String>,
}

impl State {
    fn still(&self) -> Duration {
        self.still + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl<'a> Watch<'a> {
    pub(super) fn new(domain: &'a Domain, tolerance: Duration) -> Self {
        Self { domain, tolerance, state: Mutex::default() }
    }

    /// Looks until it is done.
    pub(super) fn until(&self, done: &AtomicBool) {
        while !done.load(Ordering::Relaxed) {
            let (start, before) = (Instant::now(), self.state.lock().unwrap().still());
            if let Some(offset) = self.domain.look(1) {
                self.note(start, before, offset);
            }
            thread::sleep(PAUSE);
        }
    }

    /// During this the guest's clock may fall behind.
    pub(super) fn stands_still(&self, act: impl FnOnce()) {
        self.state.lock().unwrap().since = Some(Instant::now());
        act();
        let mut state = self.state.lock().unwrap();
        state.still = state.still();
        state.since = None;
    }

    /// After this it is another machine; while it is made either may be seen.
    pub(super) fn begins_anew(&self, act: impl FnOnce()) {
        let forget = |until| {
            let mut state = self.state.lock().unwrap();
            (state.last, state.anew) = (None, Some(until));
        };
        self.stands_still(|| {
            forget(Instant::now() + LONG);
            act();
            forget(Instant::now());
        });
    }

    /// What was seen since the last time.
    pub(super) fn moved(&self) -> std::vec::IntoIter<String> {
        std::mem::take(&mut self.state.lock().unwrap().moved).into_iter()
    }

    fn note(&self, start: Instant, before: Duration, offset: Offset) {
        let mut state = self.state.lock().unwrap();
        if state.anew.is_some_and(|anew| start < anew) {
            return;
        }
        if let Some((last, still)) = state.last {
            let ns = |time: Duration| i64::try_from(time.as_nanos()).unwrap();
            let tolerance = ns(self.tolerance + CALL);
            let stood = ns(state.still().saturating_sub(still));
            let ahead = offset.lo > last.hi.max(0) + tolerance;
            let behind = offset.hi < last.lo.min(0) - stood - tolerance;
            if ahead || behind {
                let (from, to) = (last.ms(), offset.ms());
                state.moved.push(format!("from {from:.1} ms to {to:.1} ms"));
            }
        }
        state.last = Some((offset, before));
    }
}
