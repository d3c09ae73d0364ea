//! The thread at the door: signals, the host's clock, and whoever asks how the guard is. It sleeps until one of them comes.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use kvmtime_core::units::Nanos;
use kvmtime_sys::signals::Mailbox;
use kvmtime_sys::timer::Steps;
use kvmtime_sys::wait;

use super::Message;
use super::events::host::Host;
use crate::world::{Desk, End};

/// Who decides is never busy for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whoever sets the clock again and again is looked at no more often.
const STEPS: Nanos = Nanos(20_000_000);

pub(super) struct Porter {
    pub(super) signals: Mailbox,
    pub(super) steps: Steps,
    pub(super) desk: Option<Desk>,
}

impl Porter {
    /// Begins.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(self, tell: SyncSender<Message>, end: End) -> io::Result<JoinHandle<()>> {
        let run = move || {
            let mut host = Host::new();
            while let Ok(true) = self.once(&mut host, &tell, &end) {}
        };
        std::thread::Builder::new().name("door".to_owned()).spawn(run)
    }

    /// Waits for one of them; false at the end.
    fn once(&self, host: &mut Host, tell: &SyncSender<Message>, end: &End) -> io::Result<bool> {
        let mut files = vec![end.as_fd(), self.signals.as_fd(), self.steps.as_fd()];
        files.extend(self.desk.as_ref().map(AsFd::as_fd));
        let told = match wait::first(&files, -1)? {
            Some(0) => return Ok(false),
            Some(1) => {
                self.signals.take().map_or(Ok(()), |signal| tell.send(Message::Signal(signal)))
            }
            Some(2) => {
                // Before the clocks are read: what comes afterwards is told again.
                self.steps.take();
                let mut told = host.look().into_iter();
                let told = told.try_for_each(|notice| tell.send(Message::Notice(notice)));
                if end.came_within(STEPS) {
                    return Ok(false);
                }
                told
            }
            Some(_) => {
                self.desk.iter().for_each(|desk| desk.serve(|| asked(tell)));
                Ok(())
            }
            None => Ok(()),
        };
        Ok(told.is_ok())
    }
}

fn asked(tell: &SyncSender<Message>) -> String {
    let (answer, answered) = sync_channel(1);
    let asked = tell.send(Message::Asked(answer)).is_ok();
    asked.then(|| answered.recv_timeout(PATIENCE).ok()).flatten().unwrap_or_default()
}
