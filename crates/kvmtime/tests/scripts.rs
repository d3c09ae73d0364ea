//! The scripts for guests where kvmtime is not run: what they keep, and what `check` makes of it.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs and look at the disk"
)]

mod lacking;
mod pypi;
mod report;
mod run;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use lacking::{Lacking, need, program};
use report::Report;
use run::words;

fn script(system: &str) -> String {
    words(&run::run(&["capture", "--script", system]).stdout)
}

/// Runs the script of a system by such a shell in a new folder, with these programs in front of all others.
fn ran(shell: &[&str], system: &str, path: Option<&Path>, answers: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.sh");
    fs::write(&file, script(system)).unwrap();
    let mut command = alone(shell[0]);
    command.args(&shell[1..]).arg(&file).current_dir(folder.path()).env("ANSWERS", answers);
    if let Some(path) = path {
        command.env("PATH", format!("{}:/usr/bin:/bin", path.display()));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", words(&output.stderr));
    assert_eq!(words(&output.stderr), "");
    assert!(words(&output.stdout).contains(&format!("kvmtime check kvmtime-{system}")));
    let index =
        fs::read(folder.path().join(format!("kvmtime-{system}/kvmtime/index.json"))).unwrap();
    serde_json::from_slice::<serde_json::Value>(&index).unwrap();
    folder
}

/// A program that sees no other processes, where that is allowed: a daemon of another test must not come and go between
/// two looks.
fn alone(name: &str) -> Command {
    const ALONE: [&str; 3] = ["--pid", "--fork", "--mount-proc"];
    let mut allowed = Command::new("unshare");
    if allowed.args(ALONE).arg("true").output().is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("unshare");
        command.args(ALONE).arg(name);
        return command;
    }
    Command::new(name)
}

fn shells() -> Option<[Vec<String>; 2]> {
    let dash = need(program("dash", "dash"))?.display().to_string();
    let busybox = need(program("busybox", "busybox-static"))?.display().to_string();
    Some([vec![dash], vec![busybox, "sh".to_owned()]])
}

#[test]
fn the_linux_script_finds_in_a_guest_what_capture_finds() {
    let Some(shells) = shells() else { return };
    let folder = tempfile::tempdir().unwrap();
    let captured = folder.path().join("captured");
    let mut capture = alone(report::KVMTIME);
    assert!(capture.arg("capture").arg(&captured).output().unwrap().status.success());
    let expected = found(&captured);
    for shell in &shells {
        let shell: Vec<&str> = shell.iter().map(String::as_str).collect();
        let made = ran(&shell, "linux", None, Path::new("/"));
        assert_eq!(found(&made.path().join("kvmtime-linux")), expected, "{shell:?}");
        assert!(made.path().join("kvmtime-linux.tar.gz").exists());
    }
}

/// The rules that find something, and those that lack a fact.
fn found(folder: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let report = Report::on(&["--as", "guest"], folder);
    // What a script cannot ask: adjtimex(2). Without a daemon this one depends on it.
    let undecided = "guest-no-time-discipline";
    let rules = |list: &str| {
        let all = report.0[list].as_array().unwrap().iter();
        let of_guest = all.filter(|item| item["subject"] == "guest" && item["rule"] != undecided);
        of_guest.map(|item| item["rule"].as_str().unwrap().to_owned()).collect()
    };
    (rules("findings"), rules("skipped"))
}

/// The programs of another system: each prints what that one printed.
fn programs(folder: &Path) -> PathBuf {
    let answer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers/answer");
    for name in ["uname", "sysctl", "dmesg", "ps", "ntpq", "ntpctl", "chronyc"] {
        symlink(&answer, folder.join(name)).unwrap();
    }
    folder.to_owned()
}

#[test]
fn the_bsd_script_tells_each_system_by_its_own_programs() {
    // busybox would take its own programs for those of the system.
    let Some(dash) = need(program("dash", "dash")) else { return };
    let shell = dash.display().to_string();
    for (system, os, expected) in [
        ("freebsd", "freebsd13.0", &["freebsd-no-kvmclock"][..]),
        ("netbsd", "netbsd9.0", &["guest-no-time-discipline", "netbsd-tick-loss"]),
        ("openbsd", "openbsd7.6", &[]),
    ] {
        let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers").join(system);
        let stand_ins = tempfile::tempdir().unwrap();
        let path = programs(stand_ins.path());
        let made = ran(&[&shell], "bsd", Some(&path), &answers);
        let folder = made.path().join("kvmtime-bsd");
        let report = Report::on(&[], &folder);
        assert_eq!(report.subjects("guest"), [("", os)]);
        assert_eq!(report.subjects("host"), []);
        let rules: Vec<&str> = report.rules("guest").into_iter().collect();
        assert_eq!(rules, expected, "{system}");
        kept_nothing_else(&folder);
    }
}

/// No MAC address, and no argument of a process that has nothing to do with time.
fn kept_nothing_else(folder: &Path) {
    for entry in fs::read_dir(folder.join("kvmtime/run")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("ab:cd:ef") && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_guest_is_judged_with_the_domain_that_is_named_beside_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/win-rtc-mode-mismatch");
    let domain = cases.join("fires/etc/libvirt/qemu/win10.xml");
    let guest = cases.join("skips-no-domain");
    for both in [[&guest, &domain], [&domain, &guest]] {
        let arguments = ["check", "--format", "json", both[0].to_str().unwrap()];
        let output = run::kvmtime().args(arguments).arg(both[1]).output().unwrap();
        let report = Report::of(&output);
        assert_eq!(report.subjects("guest"), [("", "win10")]);
        assert!(report.rules("guest").contains("win-rtc-mode-mismatch"));
        // The guest's registry decides what the domain alone leaves open.
        assert!(!report.rules("domain/win10").contains("dom-offset-windows-utc"));
    }
    assert!(Report::on(&[], &domain).rules("domain/win10").contains("dom-offset-windows-utc"));
}

#[test]
fn what_is_denied_is_not_absent() {
    let Some(shells) = shells() else { return };
    let stand_ins = tempfile::tempdir().unwrap();
    let dmesg = stand_ins.path().join("dmesg");
    let says =
        "#!/bin/sh\necho 'dmesg: read kernel buffer failed: Operation not permitted' >&2\nexit 1\n";
    fs::write(&dmesg, says).unwrap();
    fs::set_permissions(&dmesg, fs::Permissions::from_mode(0o755)).unwrap();
    let made = ran(&[&shells[0][0]], "linux", Some(stand_ins.path()), Path::new("/"));
    let index = fs::read(made.path().join("kvmtime-linux/kvmtime/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    assert_eq!(index["unknown"]["/kvmtime/run/dmesg"], "denied");
}

/// Runs this where services' journal is there and closed, and a journalctl shows what is not: nothing.
const CLOSED: &str = "
mount -t tmpfs none /var/log
mkdir -p /var/log/journal/machine
: >/var/log/journal/machine/system.journal
chmod 0 /var/log/journal/machine/system.journal
exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search \"$@\"";

/// The folders that `capture` and its script make where this has been run.
fn captured_where(prepared: &str) -> Option<(tempfile::TempDir, [PathBuf; 2])> {
    let inside = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-ec", prepared, "sh"]);
        command
    };
    let allowed = inside().arg("true").output().is_ok_and(|output| output.status.success());
    let lacking = Lacking::Impossible("namespaces of one's own".to_owned());
    need(allowed.then_some(()).ok_or(lacking))?;
    let folder = tempfile::tempdir().unwrap();
    let journalctl = folder.path().join("journalctl");
    fs::write(&journalctl, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&journalctl, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("capture.sh"), script("linux")).unwrap();
    for command in [&[report::KVMTIME, "capture", "captured"][..], &["sh", "capture.sh"]] {
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", folder.path().display());
        let mut run = inside();
        let output = run.args(command).current_dir(&folder).env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{}", words(&output.stderr));
    }
    let made = ["captured", "kvmtime-linux"].map(|made| folder.path().join(made));
    Some((folder, made))
}

#[test]
fn a_journal_that_may_not_be_read_is_denied() {
    let Some((_folder, made)) = captured_where(CLOSED) else { return };
    for made in made {
        let index = fs::read(made.join("kvmtime/index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        let journal =
            "/kvmtime/run/journalctl_-b_-q_--no-pager_-t_chronyd_-t_ntpd_-t_libvirtd_-t_virtqemud";
        assert_eq!(index["unknown"][journal], "denied", "{}", made.display());
    }
}

const LOGGED: &str = "
mount -t tmpfs none /var/log
echo 'Mar  9 00:00:11 host kernel: [    0.000000] Linux version 6.1.0-41-amd64' >/var/log/messages
exec \"$@\"";

#[test]
fn the_line_by_which_a_log_reaches_back_to_the_boot_is_kept() {
    let Some((_folder, made)) = captured_where(LOGGED) else { return };
    for made in made {
        let log = fs::read_to_string(made.join("var/log/messages")).unwrap();
        assert!(log.contains("Linux version"), "{}: {log}", made.display());
    }
}

#[test]
fn what_failed_is_not_absent() {
    let Some(dash) = need(program("dash", "dash")) else { return };
    let shell = dash.display().to_string();
    let stand_ins = tempfile::tempdir().unwrap();
    let path = programs(stand_ins.path());
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers/netbsd");
    let made = ran(&[&shell], "bsd", Some(&path), &answers);
    let index = fs::read(made.path().join("kvmtime-bsd/kvmtime/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let why = |name: &str| index["unknown"][name].clone();
    assert_eq!(why("/kvmtime/run/sysctl_kern.vm_guest"), "absent");
    assert!(why("/kvmtime/run/ntpq_-pn")["failed"].as_str().unwrap().contains("No such file"));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let Some(shellcheck) = need(program("shellcheck", "shellcheck")) else { return };
    let folder = tempfile::tempdir().unwrap();
    for system in ["bsd", "linux"] {
        let file = folder.path().join(system);
        fs::write(&file, script(system)).unwrap();
        let output = Command::new(&shellcheck).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", words(&output.stdout));
    }
}

/// What Windows PowerShell 2.0 has; everything else a script calls is an alias or came later.
const CMDLETS: [&str; 10] = [
    "Add-Unknown",
    "Format-List",
    "Get-Command",
    "Get-Location",
    "Get-WmiObject",
    "Join-Path",
    "New-Item",
    "New-Object",
    "Out-String",
    "Write-Host",
];
const OWN: [&str; 3] = ["Save-Output", "Save-Properties", "Write-Text"];
const ALSO: [&str; 2] = ["Select-Object", "Test-Path"];
/// Of PowerShell 5.0, called where `Get-Command` found it.
const LATER: [&str; 1] = ["Compress-Archive"];

/// A parser of PowerShell.
const POWERSHELL: [&str; 2] = ["tree-sitter==0.26.1", "tree-sitter-powershell==0.26.4"];

/// What it says of a script: the places that it does not understand, and the commands that are called.
const PARSE: &str = r#"
import json, sys, tree_sitter, tree_sitter_powershell
text = sys.stdin.buffer.read()
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
wrong, calls, nodes = [], [], [parser.parse(text).root_node]
while nodes:
    node = nodes.pop()
    if node.is_error or node.is_missing:
        wrong.append([node.start_point.row + 1, node.text.decode()])
    if node.type == "command_name":
        calls.append(node.text.decode())
    nodes.extend(node.children)
print(json.dumps({"wrong": wrong, "calls": calls}))
"#;

#[derive(serde::Deserialize)]
struct Parsed {
    wrong: Vec<(usize, String)>,
    calls: BTreeSet<String>,
}

#[test]
fn the_windows_script_parses_and_calls_only_what_powershell_2_has() {
    let text = script("windows");
    assert!(
        text.is_ascii(),
        "PowerShell takes a file without a mark for the machine's own code page"
    );
    let Some(bin) = need(pypi::packages("powershell", &POWERSHELL)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.ps1");
    fs::write(&file, &text).unwrap();
    let mut python = Command::new(bin.join("python3"));
    let output = python.args(["-c", PARSE]).stdin(fs::File::open(file).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", words(&output.stderr));
    let parsed: Parsed = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(parsed.wrong, []);
    let known = CMDLETS.into_iter().chain(OWN).chain(ALSO).chain(LATER).map(str::to_owned);
    assert_eq!(parsed.calls, known.collect());
}

#[test]
fn the_windows_script_keeps_what_the_cases_have_under_their_names() {
    let text = script("windows");
    let commands = text.lines().filter_map(|line| line.trim().strip_prefix("Save-Output @("));
    let mangled = |command: &str| {
        let words: Vec<&str> = command.split('\'').skip(1).step_by(2).collect();
        words.join("_").replace(['/', '\\'], ".")
    };
    let classes = text.lines().filter_map(|line| line.strip_prefix("Save-Properties '"));
    let class = |line: &str| format!("Get-WmiObject_{}", line.split('\'').next().unwrap());
    let mut kept: BTreeSet<String> = commands.map(mangled).chain(classes.map(class)).collect();
    kept.insert("QueryPerformanceFrequency".to_owned());
    let case = "tests/cases/win-w32time-inactive/quiet/kvmtime/run";
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(case)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(kept.contains(&name), "{name} is not among {kept:?}");
    }
}
