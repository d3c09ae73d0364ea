//! Data flows one way: which folder of the program may name which.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "the test reads the sources")]

use std::path::{Path, PathBuf};

/// A folder of `crates/kvmtime/src`, and the folders that it must not name.
const WALLS: [(&str, &[&str]); 10] = [
    (
        "world",
        &[
            "apply", "bench", "cli", "config", "guard", "guest", "measure", "output", "probe",
            "sync",
        ],
    ),
    ("guest", &["apply", "bench", "cli", "config", "guard", "measure", "output", "probe", "sync"]),
    ("apply", &["bench", "cli", "config", "guard", "guest", "measure", "output", "probe", "sync"]),
    ("probe", &["apply", "bench", "cli", "config", "guard", "guest", "measure", "output", "sync"]),
    ("bench", &["cli", "config", "guard", "guest", "measure", "output", "probe", "sync"]),
    ("measure", &["apply", "bench", "cli", "config", "guard", "output", "probe", "sync"]),
    ("sync", &["apply", "bench", "cli", "config", "guard", "measure", "output", "probe"]),
    ("guard", &["apply", "bench", "cli", "config", "measure", "output", "probe"]),
    (
        "output",
        &["apply", "bench", "cli", "config", "guard", "guest", "measure", "probe", "sync", "world"],
    ),
    ("config", &["apply", "bench", "cli", "guard", "guest", "measure", "probe", "sync"]),
];

/// A folder of `crates/core/src`, and what it must not name.
const CORE: [(&str, &[&str]); 5] = [
    (
        "estimate",
        &["crate::rules", "crate::rule", "crate::check", "crate::facts", "crate::finding"],
    ),
    (
        "translate",
        &["crate::rules", "crate::rule", "crate::check", "crate::facts", "crate::finding"],
    ),
    ("facts", &["crate::rules", "crate::rule"]),
    ("profile", &["crate::rules", "crate::rule", "crate::finding", "crate::facts"]),
    ("rules", &["crate::check", "crate::rules"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    assert!(!files.is_empty(), "{} holds no source", folder.display());
    files
}

/// Names a module as a path does: `crate::rule` is not in `crate::rules`.
fn names(text: &str, module: &str) -> bool {
    text.match_indices(module).any(|(at, _)| {
        let after = text[at + module.len()..].chars().next();
        !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn crossings(folder: &Path, forbidden: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        for module in forbidden.iter().filter(|module| names(&text, module)) {
            found.push(format!("{} names {module}", path.display()));
        }
    }
    found
}

#[test]
fn no_folder_names_one_that_comes_after_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (folder, forbidden) in WALLS {
        let forbidden: Vec<String> =
            forbidden.iter().map(|name| format!("crate::{name}")).collect();
        found.extend(crossings(&root.join("src").join(folder), &forbidden));
    }
    for (folder, forbidden) in CORE {
        let forbidden: Vec<String> = forbidden.iter().map(|name| (*name).to_owned()).collect();
        found.extend(crossings(&root.join("../core/src").join(folder), &forbidden));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_changes_go_through_the_door_for_writing() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let text = std::fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(&src).unwrap();
        let may = place.starts_with("world") || place.starts_with("apply");
        assert!(may || !names(&text, "Writable"), "{} names Writable", place.display());
    }
}

#[test]
fn only_who_sets_clocks_has_guests_that_can_be_set() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let text = std::fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(&src).unwrap();
        let may =
            ["guest", "sync", "guard", "cli/guests.rs"].iter().any(|who| place.starts_with(who));
        assert!(may || !names(&text, "Settable"), "{} names Settable", place.display());
    }
}

#[test]
fn only_the_door_and_the_output_lift_their_lints() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let text = std::fs::read_to_string(&path).unwrap();
        // A test module inside a file makes its own files.
        let program = text.split("#[cfg(test)]").next().unwrap();
        let place = path.strip_prefix(&src).unwrap();
        for (lint, folder) in [("clippy::disallowed", "world"), ("clippy::print_", "output")] {
            assert!(
                !program.contains(lint) || place.starts_with(folder),
                "{}: {lint}",
                place.display()
            );
        }
    }
}
