//! A folder of evidence, read as if it were the machine that it was taken from.

use std::path::{Component, Path, PathBuf};

use kvmtime_core::fact::{Fact, Why};

use super::{OWN, fact, live, record};

/// Links within links before it is a circle (Linux: `MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// Whether a folder holds a machine's files or a support archive.
pub(crate) fn is_evidence(path: &Path) -> bool {
    ["proc", "sys", "etc", "sos_commands", OWN]
        .iter()
        .any(|name| live::names(path.join(name)).is_ok())
}

pub(super) fn read(root: &Path, path: &str) -> Fact<String> {
    look(root, path, |place| live::read(place))
}

pub(super) fn names(root: &Path, path: &str) -> Fact<Vec<String>> {
    look(root, path, |place| live::names(place))
}

pub(super) fn exists(root: &Path, path: &str) -> Fact<()> {
    look(root, path, |place| live::exists(place))
}

pub(super) fn link(root: &Path, path: &str) -> Fact<String> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    look(root, parent, |place| live::link(place.join(name)))
}

/// The output of a command, from a recording or from a support archive, whose folders are named after its plugins.
pub(super) fn output(root: &Path, command: &[&str]) -> Fact<String> {
    let name = mangled(command);
    let own = read(root, &format!("/{OWN}/run/{name}"));
    if own.value().is_some() || record::known_unknown(root, &format!("/{OWN}/run/{name}")).is_some()
    {
        return own;
    }
    let archived = live::names(root.join("sos_commands")).unwrap_or_default();
    let plain = mangled(&command.iter().copied().filter(|word| *word != "-n").collect::<Vec<_>>());
    for plugin in archived {
        for name in [&name, &plain] {
            let found = read(root, &format!("/sos_commands/{plugin}/{name}"));
            if found.value().is_some() {
                return found;
            }
        }
    }
    Fact::unknown(Why::NotCollected, format!("output of `{}`", command.join(" ")))
}

/// A command line as a file name, the way that sos names its files.
pub(super) fn mangled(command: &[&str]) -> String {
    command.join("_").replace('/', ".")
}

/// Reads inside the root. What is missing in a folder that was taken over is absent; where the folder itself is missing,
/// nobody looked.
fn look<T>(root: &Path, path: &str, read: impl FnOnce(&Path) -> std::io::Result<T>) -> Fact<T> {
    if let Some(why) = record::known_unknown(root, path) {
        return Fact::unknown(why, path);
    }
    let Some(place) = resolve(root, Path::new(path)) else {
        return Fact::failed("too many symbolic links", path);
    };
    let found = fact(read(&place), path);
    let parent = Path::new(path).parent().and_then(|parent| resolve(root, parent));
    let collected = parent.is_some_and(|parent| live::exists(parent).is_ok());
    match found {
        Fact::Unknown(unknown) if unknown.unknown == Why::Absent && !collected => {
            Fact::unknown(Why::NotCollected, path)
        }
        found => found,
    }
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
        assert!(read(root.path(), "/etc/out").value().is_none());
        assert!(read(root.path(), "/etc/up").value().is_none());
        assert!(read(root.path(), "/etc/loop").value().is_none());
        assert_eq!(read(root.path(), "/etc/in").value().map(String::as_str), Some("x"));
    }

    #[test]
    fn nobody_looked_differs_from_not_there() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        assert_eq!(read(root.path(), "/etc/adjtime").get().unwrap_err().unknown, Why::Absent);
        assert_eq!(
            read(root.path(), "/proc/cmdline").get().unwrap_err().unknown,
            Why::NotCollected
        );
    }
}
