//! Whole machines as `kvmtime capture` saw them (`tests/evidence.rs` makes them), each with all that is said of it beside it.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests look at the disk"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Those that are as they should be.
const HEALTHY: [&str; 6] = [
    "bookworm-chrony",
    "bookworm-openntpd",
    "bullseye-ntp",
    "bullseye-root",
    "sid-vmclock",
    "trixie-timesyncd",
];

fn machines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines")
}

fn names() -> Vec<String> {
    let all = fs::read_dir(machines()).unwrap().map(|entry| entry.unwrap());
    let folders = all.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn check(name: &str, arguments: &[&str]) -> Output {
    let mut kvmtime = Command::new(env!("CARGO_BIN_EXE_kvmtime"));
    // A disk does not tell whether its machine is virtual.
    let role: &[&str] = if name.ends_with("-root") { &["--as", "guest"] } else { &[] };
    kvmtime
        .current_dir(machines())
        .arg("check")
        .arg(name)
        .args(role)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn every_machine_gets_the_same_verdict() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(machines());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in names() {
        let output = check(&name, &["-v"]);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{name}");
        let said = String::from_utf8(output.stdout).unwrap();
        // How many rules found nothing changes with the catalogue, not with the machine.
        let (said, _passed) = said.rsplit_once(';').unwrap();
        settings.bind(|| insta::assert_snapshot!(name, said));
    }
}

#[test]
fn of_a_healthy_machine_there_is_nothing_to_warn_of() {
    for name in HEALTHY {
        let output = check(name, &[]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {said}");
    }
}

#[test]
fn no_address_is_kept_but_those_of_qemu() {
    for name in names() {
        let mut files = Command::new("grep");
        files.args(["-rhoE", "([0-9a-f]{2}:){5}[0-9a-f]{2}"]).arg(&name);
        let found = files.current_dir(machines()).output().unwrap().stdout;
        let found = String::from_utf8(found).unwrap();
        let other = found.lines().find(|line| *line != "52:54:00:12:34:56");
        assert_eq!(other, None, "{name}");
    }
}
