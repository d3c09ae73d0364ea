//! A folder of evidence, read as if it were the machine that it was taken from.

use std::io;
use std::path::{Component, Path, PathBuf};

use kvmtime_core::fact::{Fact, Why};

use super::record::Index;
use super::{OWN, fact, live};

/// Links within links before it is a circle (Linux: `MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// Whether a folder holds a machine's files or a support archive.
pub(crate) fn is_evidence(path: &Path) -> bool {
    ["proc", "sys", "etc", "sos_commands", OWN]
        .iter()
        .any(|name| live::names(path.join(name)).is_ok())
}

/// A folder of evidence.
pub(super) struct Folder {
    root: PathBuf,
    index: Index,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), index: Index::of(root) }
    }

    pub(super) fn read(&self, path: &str) -> Fact<String> {
        self.look(path, |place| live::read(place))
    }

    pub(super) fn tail(&self, path: &str) -> Fact<String> {
        self.look(path, |place| live::tail(place))
    }

    pub(super) fn names(&self, path: &str) -> Fact<Vec<String>> {
        match self.index.names.get(path) {
            Some(names) => Fact::known(names.clone(), path),
            None => self.look(path, |place| live::names(place)),
        }
    }

    pub(super) fn exists(&self, path: &str) -> Fact<()> {
        self.look(path, |place| live::exists(place))
    }

    pub(super) fn link(&self, path: &str) -> Fact<String> {
        if let Some(why) = self.index.unknown.get(path) {
            return Fact::unknown(why.clone(), path);
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        match self.look(parent, |place| live::link(place.join(name))) {
            Fact::Known { value, .. } => Fact::known(value, path),
            Fact::Unknown(unknown) => Fact::unknown(unknown.unknown, path),
        }
    }

    /// The output of a command, from a recording or from a support archive, whose folders are named after its plugins.
    pub(super) fn output(&self, command: &[&str]) -> Fact<String> {
        let own = self.own(&format!("run/{}", mangled(command)), &command.join(" "));
        if !own.get().is_err_and(|unknown| unknown.unknown == Why::NotCollected) {
            return own;
        }
        let archived = live::names(self.root.join("sos_commands")).unwrap_or_default();
        // sos asks chronyc for names, not numbers.
        let plain: Vec<&str> = command.iter().copied().filter(|word| *word != "-n").collect();
        let names = [mangled(command), mangled(&plain)];
        let paths = archived.iter().flat_map(|plugin| {
            names.iter().map(move |name| format!("/sos_commands/{plugin}/{name}"))
        });
        let mut found = paths.map(|path| self.read(&path));
        found.find(|found| found.value().is_some()).unwrap_or(own)
    }

    /// An answer that a recording world kept, under the name that it has on the machine itself. One that is not there,
    /// and that nobody is known to have asked for, is not collected.
    pub(super) fn own(&self, name: &str, from: &str) -> Fact<String> {
        let path = format!("/{OWN}/{name}");
        match self.read(&path) {
            Fact::Known { value, .. } => Fact::known(value, from),
            Fact::Unknown(unknown) => {
                let asked = self.index.unknown.contains_key(&path);
                let absent = unknown.unknown == Why::Absent;
                Fact::unknown(
                    if absent && !asked { Why::NotCollected } else { unknown.unknown },
                    from,
                )
            }
        }
    }

    /// Reads inside the root. What is missing in a folder that was taken over is absent; where the folder itself is
    /// missing, nobody looked.
    fn look<T>(&self, path: &str, read: impl FnOnce(&Path) -> io::Result<T>) -> Fact<T> {
        if let Some(why) = self.index.unknown.get(path) {
            return Fact::unknown(why.clone(), path);
        }
        let Some(place) = resolve(&self.root, Path::new(path)) else {
            return Fact::failed("too many symbolic links", path);
        };
        let found = fact(read(&place), path);
        // A recording says what was not there; what it does not speak of, nobody asked for. Of /proc and /sys archives take single folders; configuration they take whole, but not always what it links to.
        let etc = self.root.join("etc");
        let folder = if place.starts_with(&etc) { Some(etc.as_path()) } else { place.parent() };
        let collected = !self.index.is_of_recording()
            && folder.is_some_and(|folder| live::exists(folder).is_ok());
        match found {
            Fact::Unknown(unknown) if unknown.unknown == Why::Absent && !collected => {
                Fact::unknown(Why::NotCollected, path)
            }
            found => found,
        }
    }
}

/// A command line as a file name, the way that sos names its files; no system's names may hold these.
pub(super) fn mangled(command: &[&str]) -> String {
    command.join("_").replace(['/', '\\'], ".")
}

/// The place of a path below the root, links followed inside it: nothing outside is ever opened, whatever the evidence says.
fn resolve(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut place = root.to_owned();
    let mut depth = 0;
    let mut links = 0;
    let mut left: Vec<PathBuf> = parts(path);
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            if depth > 0 {
                place.pop();
                depth -= 1;
            }
            continue;
        }
        let next = place.join(&part);
        let Ok(target) = live::link(&next) else {
            place = next;
            depth += 1;
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return None;
        }
        let target = Path::new(&target);
        if target.is_absolute() {
            root.clone_into(&mut place);
            depth = 0;
        }
        left.extend(parts(target));
    }
    Some(place)
}

/// The names of a path, last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        _ => None,
    });
    let mut names: Vec<_> = names.collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test makes its own folder")]
    use super::*;

    #[test]
    fn links_never_lead_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        let link = |target: &str, name: &str| {
            std::os::unix::fs::symlink(target, root.path().join("etc").join(name)).unwrap();
        };
        link("/etc/passwd", "out");
        link("../../../../etc/passwd", "up");
        link("loop", "loop");
        std::fs::write(root.path().join("etc/real"), "x").unwrap();
        link("/etc/real", "in");
        assert!(Folder::new(root.path()).read("/etc/out").value().is_none());
        assert!(Folder::new(root.path()).read("/etc/up").value().is_none());
        assert!(Folder::new(root.path()).read("/etc/loop").value().is_none());
        assert_eq!(Folder::new(root.path()).read("/etc/in").value().map(String::as_str), Some("x"));
    }

    #[test]
    fn nobody_looked_differs_from_not_there() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        assert_eq!(
            Folder::new(root.path()).read("/etc/adjtime").get().unwrap_err().unknown,
            Why::Absent
        );
        std::os::unix::fs::symlink("/lib/ntp.service", root.path().join("etc/ntp.service"))
            .unwrap();
        for path in ["/proc/cmdline", "/etc/ntp.service"] {
            let unknown = Folder::new(root.path()).read(path).get().unwrap_err().unknown;
            assert_eq!(unknown, Why::NotCollected, "{path}");
        }
    }

    #[test]
    fn a_recording_says_itself_what_was_not_there() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["etc", "dev", OWN] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let index =
            r#"{"unknown": {"/etc/a": "absent", "/dev/ptp_kvm": "absent"}, "names": {"/etc": []}}"#;
        std::fs::write(root.path().join(OWN).join("index.json"), index).unwrap();
        let folder = Folder::new(root.path());
        let why = |fact: Fact<String>| fact.get().unwrap_err().unknown;
        assert_eq!(why(folder.read("/etc/a")), Why::Absent);
        assert_eq!(why(folder.read("/etc/b")), Why::NotCollected);
        assert_eq!(why(folder.link("/dev/ptp_kvm")), Why::Absent);
        assert_eq!(why(folder.link("/dev/ptp_ena")), Why::NotCollected);
    }
}
