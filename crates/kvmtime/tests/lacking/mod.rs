//! What a test needs and this machine lacks.
#![allow(dead_code, reason = "each test uses its part")]

use std::fmt;
use std::io::Write;

/// Why a test cannot run here.
#[derive(Debug)]
pub(crate) enum Lacking {
    /// It can be had: a package, a privilege, a way to the package archive.
    Obtainable(String),
    /// This machine cannot have it: another processor, another distribution.
    Impossible(String),
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obtainable(what) | Self::Impossible(what) => f.write_str(what),
        }
    }
}

/// What was found; else says that this test is skipped, and why. In CI only what the machine cannot have may be lacking.
pub(crate) fn need<T>(found: Result<T, Lacking>) -> Option<T> {
    let lacking = match found {
        Ok(found) => return Some(found),
        Err(lacking) => lacking,
    };
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let line = format!("skipped: {test}: {lacking}\n");
    // Unlike eprintln!, this is shown for a test that passes as well.
    let _ = std::io::stderr().write_all(line.as_bytes());
    list(&line);
    let lax = std::env::var_os("CI").is_none() || matches!(lacking, Lacking::Impossible(_));
    assert!(lax, "CI must have {lacking}");
    None
}

/// `make test` prints this list at the end: nextest shows nothing of a test that passes.
fn list(line: &str) {
    let Some(path) = std::env::var_os("SKIPPED_TESTS") else { return };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// A program, by its name in one of the usual folders: root's own are not on everybody's PATH.
pub(crate) fn program(name: &str, package: &str) -> Result<std::path::PathBuf, Lacking> {
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let mut paths = folders.iter().map(|folder| std::path::Path::new(folder).join(name));
    let lacking = || Lacking::Obtainable(format!("the program {name} (package {package})"));
    paths.find(|path| path.exists()).ok_or_else(lacking)
}
