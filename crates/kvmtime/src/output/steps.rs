//! How far long work is: a bar on a terminal, elsewhere a line for each part.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that comes in parts.
#[derive(Default)]
pub(crate) struct Steps(RefCell<Option<ProgressBar>>);

impl Steps {
    /// Begins a part, which takes so many steps.
    pub(crate) fn begin(&self, what: &str, steps: usize) {
        self.end();
        if !io::stderr().is_terminal() {
            let _ = writeln!(io::stderr().lock(), "kvmtime: {what}");
            return;
        }
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.tick();
        *self.0.borrow_mut() = Some(bar);
    }

    /// A step is done.
    pub(crate) fn step(&self) {
        if let Some(bar) = &*self.0.borrow() {
            bar.inc(1);
        }
    }

    /// All is done.
    pub(crate) fn end(&self) {
        if let Some(bar) = self.0.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}
