//! Keeps what is read of this machine in a folder, as evidence for somebody else.
//!
//! MAC addresses are replaced by a well-known one and the host's name by `host`: neither says anything about time.
#![expect(clippy::disallowed_methods, reason = "this is the door")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kvmtime_core::fact::Why;
use serde::{Deserialize, Serialize};

use super::{OWN, live};

/// What a recording world writes to.
pub(crate) struct Recorder {
    root: PathBuf,
    index: Mutex<Index>,
    failed: Mutex<Option<io::Error>>,
    files: AtomicUsize,
}

/// What files alone do not tell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// What was looked for and is not known.
    pub(super) unknown: BTreeMap<String, Why>,
    /// What stood in folders, also where nothing of it was read.
    pub(super) names: BTreeMap<String, Vec<String>>,
}

const INDEX: &str = "index.json";
/// Is there until all the rest is.
const UNFINISHED: &str = "unfinished";

/// Whether a capture into this folder ended before its end.
pub(crate) fn is_unfinished(root: &Path) -> bool {
    live::exists(root.join(OWN).join(UNFINISHED)).is_ok()
}

impl Index {
    /// Whether a recording world left it, which looks into some folder.
    pub(super) fn is_of_recording(&self) -> bool {
        !self.names.is_empty()
    }

    /// The index that a recording world left; empty in any other evidence.
    pub(super) fn of(root: &Path) -> Self {
        let text = live::read(root.join(OWN).join(INDEX)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

impl Recorder {
    /// Makes the folder, which must not exist yet or be empty: evidence of two machines must not mix.
    ///
    /// # Errors
    /// When it holds something already, or cannot be made.
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        if live::names(root).is_ok_and(|names| !names.is_empty()) {
            return Err(io::Error::other("it is not empty"));
        }
        fs::create_dir_all(root.join(OWN))?;
        fs::write(root.join(OWN).join(UNFINISHED), "")?;
        Ok(Self {
            root: root.to_owned(),
            index: Mutex::default(),
            failed: Mutex::default(),
            files: AtomicUsize::default(),
        })
    }

    /// Writes down what is not known, and tells how many files were kept.
    ///
    /// # Errors
    /// The first error of this or any earlier write.
    pub(crate) fn finish(&self) -> io::Result<usize> {
        self.json(&format!("/{OWN}/{INDEX}"), &*held(&self.index));
        held(&self.failed).take().map_or(Ok(()), Err)?;
        fs::remove_file(self.root.join(OWN).join(UNFINISHED))?;
        Ok(self.files.load(Ordering::Relaxed))
    }

    pub(super) fn text(&self, path: &str, text: &str) {
        match path.rsplit('/').next() {
            Some("hostname") => self.write(path, "host\n"),
            // The node's name is the second word.
            Some("uname_-a") => {
                let words = text
                    .split(' ')
                    .enumerate()
                    .map(|(at, word)| if at == 1 { "host" } else { word });
                self.write(path, &words.collect::<Vec<_>>().join(" "));
            }
            _ => self.write(path, &redacted(text)),
        }
    }

    /// Keeps line numbers right: a line that is not kept stays as an empty one.
    pub(super) fn lines(&self, path: &str, text: &str, keep: impl Fn(&str) -> bool) {
        let kept = text.lines().map(|line| if keep(line) { line } else { "" });
        // One that is empty stays so.
        let kept: String = kept.flat_map(|line| [line, "\n"]).collect();
        self.write(path, &redacted(&kept));
    }

    pub(super) fn json<T: Serialize>(&self, path: &str, value: &T) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.write(path, &redacted(&(text + "\n"))),
            Err(error) => self.note(Err(error.into())),
        }
    }

    pub(super) fn names(&self, path: &str, names: &[String]) {
        held(&self.index).names.insert(path.to_owned(), names.to_owned());
    }

    /// Something whose content does not matter, as a device.
    pub(super) fn touch(&self, path: &str) {
        if live::names(path).is_ok() {
            self.note(fs::create_dir_all(self.place(path)));
        } else if live::exists(self.place(path)).is_err() {
            self.write(path, "");
        }
    }

    pub(super) fn link(&self, path: &str, target: &str) {
        let place = self.place(path);
        if live::link(&place).is_err() {
            let made = self.parent(&place).and_then(|()| std::os::unix::fs::symlink(target, place));
            self.note(made);
        }
    }

    pub(super) fn unknown(&self, path: &str, why: &Why) {
        held(&self.index).unknown.insert(path.to_owned(), why.clone());
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.place(path);
        self.files.fetch_add(1, Ordering::Relaxed);
        self.note(self.parent(&place).and_then(|()| fs::write(place, text)));
    }

    fn parent(&self, place: &Path) -> io::Result<()> {
        place.parent().map_or(Ok(()), fs::create_dir_all)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn note(&self, result: io::Result<()>) {
        if let Err(error) = result {
            held(&self.failed).get_or_insert(error);
        }
    }
}

/// What a thread that panicked left behind is still whole: every change is a single call.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// QEMU's default address, `hw/net`: it stands for every other one.
const NOBODY: &str = "52:54:00:12:34:56";

/// MAC addresses replaced, everything else as it was.
fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        let start = colon.saturating_sub(2);
        if rest.is_char_boundary(start) && is_mac(&rest.as_bytes()[start..]) && !joined(rest, start)
        {
            out.push_str(&rest[..start]);
            out.push_str(NOBODY);
            rest = &rest[start + NOBODY.len()..];
        } else {
            out.push_str(&rest[..=colon]);
            rest = &rest[colon + 1..];
        }
    }
    out + rest
}

/// Whether the six bytes are a part of something longer, as in an IPv6 address.
fn joined(text: &str, start: usize) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    let bytes = text.as_bytes();
    word(start.checked_sub(1).and_then(|before| bytes.get(before)))
        || word(bytes.get(start + NOBODY.len()))
}

fn is_mac(bytes: &[u8]) -> bool {
    bytes.len() >= NOBODY.len()
        && bytes[..NOBODY.len()]
            .iter()
            .enumerate()
            .all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macs_are_replaced_and_times_are_not() {
        assert_eq!(
            redacted("<mac address='0a:1B:2c:3d:4e:5f'/> at 12:34:56, 2001:db8::1"),
            "<mac address='52:54:00:12:34:56'/> at 12:34:56, 2001:db8::1"
        );
        assert_eq!(redacted("время: 10:20"), "время: 10:20");
    }
}
