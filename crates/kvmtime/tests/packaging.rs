//! What is installed beside the program: hooks and units, as those who run them see them.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod lacking;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lacking::{need, program};

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging")
}

fn hooks() -> Vec<PathBuf> {
    let hooks = fs::read_dir(packaging().join("hooks")).unwrap();
    hooks.map(|hook| hook.unwrap().path()).collect()
}

#[test]
fn shellcheck_has_nothing_to_say_of_hooks() {
    let Some(shellcheck) = need(program("shellcheck", "shellcheck")) else { return };
    assert_eq!(hooks().len(), 2);
    for hook in hooks() {
        let output = Command::new(&shellcheck).arg(&hook).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(fs::metadata(&hook).unwrap().permissions().mode() & 0o111, 0o111);
    }
}

/// What a hook has systemd run.
fn asked(hook: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let stand_in = folder.path().join("systemd-run");
    fs::write(&stand_in, "#!/bin/sh\necho \"$@\"\n").unwrap();
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(packaging().join("hooks").join(hook));
    command.args(arguments).env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()));
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn guests_are_set_when_the_host_has_slept_and_not_before() {
    assert_eq!(asked("system-sleep", &["pre", "suspend"]), "");
    let said = asked("system-sleep", &["post", "suspend"]);
    assert!(said.ends_with("-- kvmtime sync --all --only-if-behind --timeout 2min\n"), "{said}");
}

#[test]
fn systemd_takes_the_unit() {
    let Some(analyze) = need(program("systemd-analyze", "systemd")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let unit = fs::read_to_string(packaging().join("systemd/kvmtime-guard.service")).unwrap();
    let here = unit.replace("/usr/bin/kvmtime", env!("CARGO_BIN_EXE_kvmtime"));
    let file = folder.path().join("kvmtime-guard.service");
    fs::write(&file, here).unwrap();
    let output = Command::new(analyze).args(["verify", "--man=no"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("kvmtime-guard"), "{said}");
}
