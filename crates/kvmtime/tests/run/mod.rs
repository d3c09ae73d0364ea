//! The program, run.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

/// The program, without the settings of whoever runs the tests.
pub(crate) fn kvmtime() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvmtime"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KVMTIME_") {
            command.env_remove(name);
        }
    }
    command.env_remove("NO_COLOR");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    kvmtime().args(arguments).output().unwrap()
}

/// A run that is given a text.
pub(crate) fn given(arguments: &[&str], text: impl AsRef<[u8]>) -> Output {
    let mut child = piped(arguments);
    // A run that is refused does not read it.
    let _ = child.stdin.take().unwrap().write_all(text.as_ref());
    child.wait_with_output().unwrap()
}

/// `check -`, given a text.
pub(crate) fn check(text: &str, arguments: &[&str]) -> Output {
    given(&[&["check", "-"], arguments].concat(), text)
}

/// A run that is given a text, after whoever should read what it prints has gone away.
pub(crate) fn unread(arguments: &[&str], text: &str) -> Output {
    let mut child = piped(arguments);
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn piped(arguments: &[&str]) -> Child {
    kvmtime()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The same where it is what the schema of `sync` and `guard` describes.
pub(crate) fn synced(output: &Output) -> serde_json::Value {
    let schema = include_str!("../../../../docs/reference/sync.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let found = json(output);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&found).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {found:#}");
    found
}

pub(crate) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder of files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(crate) fn path(folder: &tempfile::TempDir) -> &str {
    folder.path().to_str().unwrap()
}
