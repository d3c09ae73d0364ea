//! The history, written by a thread of its own: nobody waits for a disk.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::thread::JoinHandle;

use kvmtime_core::sync::Correction;

use super::Message;
use crate::world::{history, plain};

/// So many wait to be written together, and so many of the last that could not be written.
const TOGETHER: usize = 256;

pub(super) struct Keeper {
    entries: Sender<Correction>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Begins; what cannot be written is told.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(path: PathBuf, tell: SyncSender<Message>) -> io::Result<Self> {
        let (entries, taken) = channel::<Correction>();
        let write = move || {
            let mut all = Vec::new();
            while let Ok(first) = taken.recv() {
                all.push(first);
                all.extend(taken.try_iter().take(TOGETHER));
                let written = history::corrections::append(&path, &all);
                // What cannot be written is tried again with what comes next.
                let done =
                    if written.is_ok() { all.len() } else { all.len().saturating_sub(TOGETHER) };
                all.drain(..done);
                let why =
                    written.err().map(|error| format!("{}: {}", path.display(), plain(&error)));
                // Nobody listens to the last words of somebody who is ended.
                let _ = tell.try_send(Message::Kept(why));
            }
        };
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(write)?;
        Ok(Self { entries, thread })
    }

    pub(super) fn keep(&self, correction: Correction) {
        // A thread that ended has said why.
        let _ = self.entries.send(correction);
    }

    /// Waits until all is written.
    pub(super) fn finish(self) {
        drop(self.entries);
        let _ = self.thread.join();
    }
}
