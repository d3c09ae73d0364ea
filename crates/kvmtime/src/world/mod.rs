//! The door to the world, for reading: this machine, or a folder of evidence from another.
//!
//! Three things go through it: files, what programs print, and answers of the kernel and libvirt. Each comes back as a
//! fact with its source. A recording world keeps all that was read in a folder, which is then evidence itself.

mod bracket;
pub(crate) mod clock;
mod ending;
mod folder;
pub(crate) mod history;
mod live;
mod record;
mod save;
pub(crate) mod service;
mod talk;
mod writable;

use std::fmt::Display;
use std::io;
use std::path::Path;

use kvmtime_core::fact::{Fact, Unknown, Why};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use bracket::{Bracket, turned};
pub(crate) use ending::{End, Lifeline, lifeline};
pub(crate) use folder::is_evidence;
pub(crate) use live::{
    Entry, Input, Kept, epoch_seconds, finish, input, is_there, memory, number, open, processes,
    read, threads, variable,
};
pub(crate) use record::{Recorder, is_unfinished};
pub(crate) use save::save;
pub(crate) use service::Desk;
pub(crate) use talk::{Listener, Packets, Talk};
pub(crate) use writable::{Held, Witness, Writable};

/// Below this folder of the evidence lie the answers that are no files of the machine itself.
const OWN: &str = "kvmtime";

/// What can be read, and from where.
pub(crate) struct World {
    source: Source,
    recorder: Option<Recorder>,
}

enum Source {
    Live,
    Folder(folder::Folder),
}

impl World {
    /// This machine.
    pub(crate) fn live() -> Self {
        Self { source: Source::Live, recorder: None }
    }

    /// This machine, and everything that is read of it is kept.
    pub(crate) fn recording(recorder: Recorder) -> Self {
        Self { source: Source::Live, recorder: Some(recorder) }
    }

    /// A folder of evidence: a mounted root, a support archive, or what a recording world kept.
    pub(crate) fn folder(path: &Path) -> Self {
        Self { source: Source::Folder(folder::Folder::new(path)), recorder: None }
    }

    /// Ends a recording, and tells how many files were kept.
    ///
    /// # Errors
    /// The first error of any write.
    pub(crate) fn finish(&self) -> io::Result<usize> {
        self.recorder.as_ref().map_or(Ok(0), Recorder::finish)
    }

    /// Whether this is the machine that kvmtime runs on.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.source, Source::Live)
    }

    /// The content of a file.
    pub(crate) fn text(&self, path: &str) -> Fact<String> {
        let fact = match &self.source {
            Source::Live => fact(live::read(path), path),
            Source::Folder(folder) => folder.read(path),
        };
        self.keep(path, fact, |recorder, text| recorder.text(path, text))
    }

    /// The content of a log, of which only the lines that `keep` accepts are kept by a recording world.
    pub(crate) fn log(&self, path: &str, keep: impl Fn(&str) -> bool) -> Fact<String> {
        let fact = match &self.source {
            Source::Live => fact(live::tail(path), path),
            Source::Folder(folder) => folder.tail(path),
        };
        self.keep(path, fact, |recorder, text| recorder.lines(path, text, keep))
    }

    /// The file's text without the newline at its end, as sysfs gives a single value.
    pub(crate) fn word(&self, path: &str) -> Fact<String> {
        self.text(path).map(|text| text.trim().to_owned())
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, path: &str) -> Fact<Vec<String>> {
        let fact = match &self.source {
            Source::Live => fact(live::names(path), path),
            Source::Folder(folder) => folder.names(path),
        };
        self.keep(path, fact, |recorder, names| recorder.names(path, names))
    }

    /// Whether something is there.
    pub(crate) fn exists(&self, path: &str) -> Fact<bool> {
        let fact = match &self.source {
            Source::Live => fact(live::exists(path), path),
            Source::Folder(folder) => folder.exists(path),
        };
        let fact = self.keep(path, fact, |recorder, ()| recorder.touch(path));
        match fact {
            Fact::Unknown(Unknown { unknown: Why::Absent, from }) => Fact::known(false, from),
            other => other.map(|()| true),
        }
    }

    /// Where a symbolic link leads, as it is written.
    pub(crate) fn link(&self, path: &str) -> Fact<String> {
        let fact = match &self.source {
            Source::Live => fact(live::link(path), path),
            Source::Folder(folder) => folder.link(path),
        };
        self.keep(path, fact, |recorder, target| recorder.link(path, target))
    }

    /// What a program prints. It runs without a shell, in the C locale, and is ended after five seconds.
    pub(crate) fn run(&self, command: &[&str]) -> Fact<String> {
        self.output(command, || live::run(command))
    }

    /// What a program prints about what these folders hold. It does not run where all are empty, as packages bring them,
    /// nor where no file of this name in a folder of theirs may be read: it would show less, and not say so.
    pub(crate) fn run_on(&self, folders: &[&str], file: &str, command: &[&str]) -> Fact<String> {
        self.output(command, || {
            live::is_readable(folders, file)?;
            live::run(command)
        })
    }

    /// What a program printed when a support archive was made; it is never run here.
    pub(crate) fn run_archived(&self, command: &[&str]) -> Fact<String> {
        match &self.source {
            Source::Live => Fact::absent(command.join(" ")),
            Source::Folder(folder) => folder.output(command),
        }
    }

    /// What a program would print, where kvmtime can say it without running the program.
    pub(crate) fn output(
        &self,
        command: &[&str],
        live: impl FnOnce() -> io::Result<String>,
    ) -> Fact<String> {
        let name = folder::mangled(command);
        let fact = match &self.source {
            Source::Live => fact(live(), command.join(" ")),
            Source::Folder(folder) => folder.output(command),
        };
        let path = format!("/{OWN}/run/{name}");
        self.keep(&path, fact, |recorder, text| recorder.text(&path, text))
    }

    /// An answer of the kernel or of libvirt; `from` names the call.
    pub(crate) fn ask<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        from: &str,
        live: impl FnOnce() -> io::Result<T>,
    ) -> Fact<T> {
        let name = format!("ask/{name}.json");
        let fact = match &self.source {
            Source::Live => fact(live(), from),
            Source::Folder(folder) => {
                folder.own(&name, from).parse(|text| serde_json::from_str(&text))
            }
        };
        self.keep(&format!("/{OWN}/{name}"), fact, |recorder, value| {
            recorder.json(&format!("/{OWN}/{name}"), value);
        })
    }

    fn keep<T>(&self, path: &str, fact: Fact<T>, record: impl FnOnce(&Recorder, &T)) -> Fact<T> {
        if let Some(recorder) = &self.recorder {
            match &fact {
                Fact::Known { value, .. } => record(recorder, value),
                Fact::Unknown(unknown) => recorder.unknown(path, &unknown.unknown),
            }
        }
        fact
    }
}

/// Tells why from the error's kind.
fn fact<T>(result: io::Result<T>, from: impl Display) -> Fact<T> {
    match result {
        Ok(value) => Fact::known(value, from.to_string()),
        Err(error) => Fact::unknown(why(&error), from.to_string()),
    }
}

fn why(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Why::Absent,
        io::ErrorKind::PermissionDenied => Why::Denied,
        _ => Why::Failed(plain(error)),
    }
}

/// The error without Rust's `(os error N)`.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}
