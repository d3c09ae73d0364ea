//! The commands of the guide are run, and print what stands below them.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod qga;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use qga::{Agent, Patient};
use tempfile::TempDir;

/// Stands for lines that are left out.
const ANY: &str = "…";
/// Below such a block's commands stands what was measured once: other numbers are as good.
const MEASURED: &str = "as measured";

/// What the guide's reader has: domains, evidence of machines, and a guest that is behind.
fn desk() -> (TempDir, Agent) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let desk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::create_dir(desk.path().join("domains")).unwrap();
    for name in ["buster.xml", "domains/buster.xml", "domains/web01.xml"] {
        let domain = Path::new(name).file_name().unwrap();
        symlink(tests.join("libvirtd/domains").join(domain), desk.path().join(name)).unwrap();
    }
    for (name, machine) in [
        ("web01-time", "bookworm-paused"),
        ("web01-root", "bullseye-root"),
        ("old-guest", "bookworm-sick"),
    ] {
        symlink(tests.join("machines").join(machine), desk.path().join(name)).unwrap();
    }
    let agent = Patient::behind(Duration::from_secs(10)).start();
    symlink(agent.socket(), desk.path().join("web01.qga")).unwrap();
    (desk, agent)
}

/// What a command prints, on either output.
fn run(desk: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_kvmtime")).parent().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{command} 2>&1")]).current_dir(desk).env_clear();
    shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

/// A command of a page, the lines that stand below it, and whether those are measured.
type Shown<'a> = (&'a str, Vec<&'a str>, bool);

fn commands(page: &str) -> Vec<Shown<'_>> {
    let mut found: Vec<Shown<'_>> = Vec::new();
    for block in page.split("```console").skip(1) {
        let mut lines = block.split("```").next().unwrap().lines();
        let measured = lines.next().unwrap().trim() == MEASURED;
        for line in lines {
            match line.strip_prefix("$ ") {
                Some(command) => found.push((command, vec![], measured)),
                None => found.last_mut().unwrap().1.push(line),
            }
        }
    }
    found
}

/// A line without what another measurement changes: numbers, their units, and the width of columns.
fn without_numbers(line: &str) -> String {
    const UNITS: [&str; 8] = ["ns", "µs", "ms", "s", "ppb", "ppm", "thousand", "million"];
    let stays = |word: &&str| {
        let is_unit = UNITS.contains(&word.trim_end_matches([';', ',']));
        !is_unit && !word.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
    };
    line.split_whitespace().filter(stays).collect::<Vec<_>>().join(" ")
}

/// Whether lines are as they are expected, of which some may be left out.
fn agree(lines: &[String], expected: &[String]) -> bool {
    match (lines, expected) {
        (_, [first, rest @ ..]) if *first == ANY => {
            (0..=lines.len()).any(|skipped| agree(&lines[skipped..], rest))
        }
        ([line, lines @ ..], [first, rest @ ..]) => line.trim_end() == first && agree(lines, rest),
        (lines, expected) => lines.is_empty() && expected.is_empty(),
    }
}

#[test]
fn what_the_guide_shows_is_so() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide");
    let mut wrong = Vec::new();
    for page in fs::read_dir(guide).unwrap() {
        let page = page.unwrap().path();
        let text = fs::read_to_string(&page).unwrap();
        let commands = commands(&text);
        assert!(!commands.is_empty(), "{} shows nothing", page.display());
        let (desk, _agent) = desk();
        for (command, expected, measured) in commands {
            let said = run(desk.path(), command);
            let shown = |line: &str| if measured { without_numbers(line) } else { line.to_owned() };
            let lines: Vec<String> = said.lines().map(shown).collect();
            let expected: Vec<String> = expected.into_iter().map(shown).collect();
            if !agree(&lines, &expected) {
                wrong.push(format!("{}: `{command}` says:\n{said}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
