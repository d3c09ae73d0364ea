//! How far a bench is, on standard error: a line that is written over on a terminal, and one a minute elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

pub(crate) struct Progress {
    what: String,
    count: u64,
    state: Mutex<State>,
}

struct State {
    done: u64,
    said: Instant,
}

impl Progress {
    /// Nothing is done yet, of so many.
    pub(crate) fn new(what: &str, count: u64) -> Self {
        let state = Mutex::new(State { done: 0, said: Instant::now() });
        let progress = Self { what: what.to_owned(), count, state };
        progress.say(0);
        progress
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        let mut state = self.state.lock().unwrap();
        state.done += 1;
        if stderr().is_terminal() || state.said.elapsed() >= PAUSE {
            state.said = Instant::now();
            self.say(state.done);
        }
    }

    fn say(&self, done: u64) {
        let [start, end] = if stderr().is_terminal() { ["\r", "\x1b[K"] } else { ["", "\n"] };
        eprint!("{start}{}: {done} of {}{end}", self.what, self.count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}
