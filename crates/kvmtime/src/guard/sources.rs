//! The sources that are watched, each by a thread of its own.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use kvmtime_core::guard::{Guest, Monitored, Source};

use kvmtime_core::units::Nanos;

use super::events::{self, qmp::Held};
use super::work::{Means, Way};
use super::{Message, Settings};
use crate::world::{End, Lifeline, clock, lifeline};

/// A source ends at once, unless it is in the middle of a call.
const PATIENCE: Nanos = Nanos(2_000_000_000);

/// What can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Libvirt,
    Monitor(Monitored),
}

struct Watched {
    what: What,
    held: Held,
    line: Lifeline,
    thread: JoinHandle<()>,
    /// Whether it was reached when it was last heard of, or why not; nothing before the first time.
    state: Option<Result<(), String>>,
}

pub(super) struct Sources {
    tell: SyncSender<Message>,
    all: BTreeMap<String, Watched>,
    #[cfg(feature = "libvirt")]
    libvirt: Option<kvmtime_sys::libvirt::Loop>,
}

impl Sources {
    /// None yet.
    ///
    /// # Errors
    /// When there is a libvirt, whose event loop cannot run.
    pub(super) fn new(tell: SyncSender<Message>) -> io::Result<Self> {
        Ok(Self {
            tell,
            all: BTreeMap::new(),
            #[cfg(feature = "libvirt")]
            libvirt: match kvmtime_sys::libvirt::Loop::start() {
                Ok(started) => Some(started),
                Err(error) if error.code == kvmtime_sys::libvirt::code::NO_LIBRARY => None,
                Err(error) => return Err(error.into()),
            },
        })
    }

    /// What each worker gets.
    pub(super) fn means(&self) -> impl Fn() -> Means + 'static {
        #[cfg(feature = "libvirt")]
        let libvirt = self.libvirt.clone();
        move || {
            Means::new(
                #[cfg(feature = "libvirt")]
                libvirt.clone(),
            )
        }
    }

    /// Watches what is asked for and nothing else; gives those that are not watched any more.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn follow(&mut self, settings: &Settings) -> io::Result<Vec<String>> {
        let mut wanted: BTreeMap<String, What> = BTreeMap::new();
        wanted.extend(settings.connect.iter().map(|uri| (uri.clone(), What::Libvirt)));
        for monitored in &settings.monitors {
            let name = monitored.qmp.display().to_string();
            wanted.insert(name, What::Monitor(monitored.clone()));
        }
        let other = |name: &String, watched: &Watched| wanted.get(name) != Some(&watched.what);
        let (gone, kept) = std::mem::take(&mut self.all)
            .into_iter()
            .partition(|(name, watched)| other(name, watched));
        self.all = kept;
        let gone: BTreeMap<String, Watched> = gone;
        for (name, what) in wanted {
            if !self.all.contains_key(&name) {
                let watched = self.watch(&name, what)?;
                self.all.insert(name, watched);
            }
        }
        // Their threads end by themselves, and are not waited for: they may have to tell something first.
        Ok(gone.into_keys().collect())
    }

    fn watch(&self, name: &str, what: What) -> io::Result<Watched> {
        let (line, end) = lifeline()?;
        let held = Held::default();
        let tell = self.tell.clone();
        // Nobody takes notice any more at the end.
        let tell = move |notice| tell.send(Message::Notice(notice)).unwrap_or_default();
        let run: Box<dyn FnOnce() + Send> = match &what {
            What::Libvirt => self.libvirt(name, tell, end),
            What::Monitor(monitored) => {
                let (qmp, held): (PathBuf, Held) = (monitored.qmp.clone(), held.clone());
                Box::new(move || events::qmp::watch(&qmp, &held, tell, &end))
            }
        };
        let thread = std::thread::Builder::new().name("events".to_owned()).spawn(run)?;
        Ok(Watched { what, held, line, thread, state: None })
    }

    #[cfg(feature = "libvirt")]
    fn libvirt(&self, uri: &str, tell: impl events::Tell, end: End) -> Box<dyn FnOnce() + Send> {
        use kvmtime_core::guard::Notice;

        let uri = uri.to_owned();
        match self.libvirt.clone() {
            Some(libvirt) => Box::new(move || events::libvirt::watch(&libvirt, &uri, tell, &end)),
            None => Box::new(move || {
                let why = "there is no libvirt on this machine".to_owned();
                tell(Notice::Lost { source: uri, why });
            }),
        }
    }

    #[cfg(not(feature = "libvirt"))]
    fn libvirt(&self, uri: &str, tell: impl events::Tell, _: End) -> Box<dyn FnOnce() + Send> {
        use kvmtime_core::guard::Notice;

        let why = "this kvmtime is built without libvirt".to_owned();
        let lost = Notice::Lost { source: uri.to_owned(), why };
        Box::new(move || tell(lost))
    }

    /// How a guest is reached: by the source that knows it.
    pub(super) fn way(&self, guest: &Guest) -> Way {
        if let Some(Watched { what: What::Monitor(monitored), held, .. }) = self.all.get(&guest.key)
        {
            return Way::Bare(monitored.qga.clone(), held.clone());
        }
        let libvirt = self.all.iter().find(|(_, watched)| watched.what == What::Libvirt);
        libvirt.map_or(Way::Nowhere, |(uri, _)| Way::Libvirt(uri.clone()))
    }

    pub(super) fn reached(&mut self, name: &str) {
        self.set(name, Ok(()));
    }

    pub(super) fn lost(&mut self, name: &str, why: &str) {
        self.set(name, Err(why.to_owned()));
    }

    fn set(&mut self, name: &str, state: Result<(), String>) {
        if let Some(watched) = self.all.get_mut(name) {
            watched.state = Some(state);
        }
    }

    /// Whether each was reached, or could not be.
    pub(super) fn all_asked(&self) -> bool {
        self.all.values().all(|watched| watched.state.is_some())
    }

    pub(super) fn all_reached(&self) -> bool {
        self.all.values().all(|watched| watched.state == Some(Ok(())))
    }

    pub(super) fn status(&self) -> Vec<Source> {
        let status = |(name, watched): (&String, &Watched)| Source {
            name: name.clone(),
            reached: watched.state == Some(Ok(())),
            why: watched.state.clone().and_then(Result::err),
        };
        self.all.iter().map(status).collect()
    }

    /// Ends all, while somebody takes what they still tell. Who waits for a libvirtd that hangs is left behind.
    pub(super) fn finish(self, messages: &Receiver<Message>) {
        let threads = self.all.into_values().map(|Watched { line, thread, .. }| {
            drop(line);
            thread
        });
        let threads: Vec<_> = threads.collect();
        let deadline = clock::monotonic() + PATIENCE;
        while !threads.iter().all(JoinHandle::is_finished) && clock::monotonic() < deadline {
            let _ = messages.recv_timeout(Duration::from_millis(5));
        }
    }
}
