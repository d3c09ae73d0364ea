//! Every rule on cases: it fires where it must, stays quiet where it must, and says what it lacks.
//!
//! `cases/RULE/` holds entries whose names begin with `fires`, `quiet` or `skips`: a domain XML, a QEMU command line
//! (`*.args`), a folder of evidence, or a folder of any of these. What a rule says when it fires is kept beside its entry.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests look at the disk"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Runs the program in the case's folder, so that no path of this machine is in its output.
fn kvmtime(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvmtime"));
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{} {arguments:?}: {error}: {said}", folder.display())
    })
}

fn entries(rule: &str) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(cases().join(rule)) else { return vec![] };
    let mut names: Vec<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.contains(".snap"));
    names.sort();
    names
}

fn of<'a>(list: &'a Value, rule: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().filter(|item| item["rule"] == rule).collect()
}

/// Judges one entry, and says what is wrong with the verdict.
fn judge(rule: &str, subject: &str, entry: &str) -> Result<(), String> {
    let folder = cases().join(rule);
    let role: &[&str] = match subject {
        "host" | "domain" => &["--as", "host"],
        // Its machines are what they look like.
        "fleet" => &[],
        _ => &["--as", "guest"],
    };
    let report = kvmtime(&folder, &[&["check", entry, "--format", "json"], role].concat());
    let found = of(&report["findings"], rule);
    let skipped = of(&report["skipped"], rule);
    let said = format!("{rule}/{entry}: found {found:?}, skipped {skipped:?}");
    match entry.split(['-', '.']).next().unwrap_or_default() {
        "fires" if found.is_empty() => Err(said),
        "fires" => {
            let bare = |finding: &&&Value| finding["evidence"].as_array().unwrap().is_empty();
            if let Some(bare) = found.iter().find(bare) {
                return Err(format!("{rule}/{entry}: no evidence: {bare}"));
            }
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(folder);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_json_snapshot!(entry, found));
            Ok(())
        }
        "quiet" if found.is_empty() && skipped.is_empty() => Ok(()),
        "skips" if found.is_empty() && !skipped.is_empty() => Ok(()),
        _ => Err(said),
    }
}

#[test]
fn every_rule_fires_and_stays_quiet_where_it_must() {
    let rules = kvmtime(Path::new("."), &["rules", "--format", "json"]);
    let mut wrong = Vec::new();
    for rule in rules["rules"].as_array().unwrap() {
        let (id, subject) = (rule["id"].as_str().unwrap(), rule["subject"].as_str().unwrap());
        let entries = entries(id);
        for kind in ["fires", "quiet"] {
            if !entries.iter().any(|entry| entry.starts_with(kind)) {
                wrong.push(format!("{id}: no case {kind}"));
            }
        }
        wrong.extend(entries.iter().filter_map(|entry| judge(id, subject, entry).err()));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_belongs_to_a_rule() {
    let rules = kvmtime(Path::new("."), &["rules", "--format", "json"]);
    let rules = rules["rules"].as_array().unwrap();
    for entry in std::fs::read_dir(cases()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(rules.iter().any(|rule| rule["id"] == *name), "tests/cases/{name} is of no rule");
    }
}
