//! Threads that look at guests: as many as there is work for, and few when there is none.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};

use kvmtime_core::guard::Guest;
use kvmtime_core::sync::Correction;
use kvmtime_core::units::Nanos;

use super::Message;
use super::work::{Means, Way};
use crate::sync::Request;

/// Who had nothing to do for so long goes.
const IDLE: Nanos = Nanos(30_000_000_000);
/// libvirt's calls and SQLite need some; the pages that nobody touches cost nothing.
const STACK: usize = 512 << 10;

/// What a thread is given.
pub(super) struct Task {
    pub(super) job: u64,
    /// When it was given.
    pub(super) at: Nanos,
    pub(super) guest: Guest,
    pub(super) way: Way,
    pub(super) request: Request,
}

/// What it gives back.
pub(super) struct Done {
    pub(super) job: u64,
    /// When it began.
    pub(super) began: Nanos,
    pub(super) guest: Guest,
    pub(super) correction: Correction,
    worker: u32,
}

pub(super) struct Pool {
    tell: SyncSender<Message>,
    means: Box<dyn Fn() -> Means>,
    workers: BTreeMap<u32, Sender<Task>>,
    /// Those without work, the last used last, and since when.
    idle: Vec<(u32, Nanos)>,
    next: u32,
}

impl Pool {
    pub(super) fn new(tell: SyncSender<Message>, means: impl Fn() -> Means + 'static) -> Self {
        let (workers, idle) = (BTreeMap::new(), Vec::new());
        Self { tell, means: Box::new(means), workers, idle, next: 0 }
    }

    /// Gives a task to a thread, the one that was last used if one has none.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn give(&mut self, task: Task) -> io::Result<()> {
        let worker = match self.idle.pop() {
            Some((worker, _)) => worker,
            None => self.start()?,
        };
        let sent = self.workers.get(&worker).is_some_and(|tasks| tasks.send(task).is_ok());
        if sent { Ok(()) } else { Err(io::Error::other("a thread ended by itself")) }
    }

    fn start(&mut self) -> io::Result<u32> {
        let (tasks, taken) = channel::<Task>();
        let (tell, means, worker) = (self.tell.clone(), (self.means)(), self.next);
        let work = move || {
            work(worker, means, &taken, &tell);
            kvmtime_sys::memory::trim();
            kvmtime_sys::memory::let_go_of_code();
        };
        let thread = std::thread::Builder::new().name(format!("guest {worker}")).stack_size(STACK);
        thread.spawn(work)?;
        self.workers.insert(worker, tasks);
        self.next = self.next.wrapping_add(1);
        Ok(worker)
    }

    /// A thread has nothing to do.
    pub(super) fn returned(&mut self, now: Nanos, done: &Done) {
        self.idle.push((done.worker, now));
    }

    /// Lets those go that had nothing to do for long.
    pub(super) fn shrink(&mut self, now: Nanos) {
        let long = |(_, since): &(u32, Nanos)| now - *since >= IDLE;
        let count = self.idle.iter().take_while(|idle| long(idle)).count();
        for (worker, _) in self.idle.drain(..count) {
            // It ends by itself: a libvirtd that hangs does not let it close its connection.
            self.workers.remove(&worker);
        }
    }

    /// When [`Self::shrink`] has something to do.
    pub(super) fn shrinks_at(&self) -> Option<Nanos> {
        self.idle.first().map(|(_, since)| *since + IDLE)
    }
}

/// Looks at guests until nobody gives any more.
fn work(worker: u32, mut means: Means, tasks: &Receiver<Task>, tell: &SyncSender<Message>) {
    for Task { job, at: began, guest, way, request } in tasks {
        let correction = means.look(&guest, &way, &request);
        let done = Box::new(Done { job, began, guest, correction, worker });
        if tell.send(Message::Done(done)).is_err() {
            return;
        }
    }
}
