//! Every rule on cases: it fires where it must, stays quiet where it must, and says what it lacks.
//!
//! `cases/RULE/` holds entries whose names begin with `fires`, `quiet` or `skips`: a domain XML, a QEMU command line
//! (`*.args`), a folder of evidence, or a folder of these, and with it `ENTRY.flags`, if it is judged with flags. What a
//! rule says when it fires, or why it is skipped, is kept beside its entry.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests look at the disk"
)]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use kvmtime_core::budget::Budget;
use kvmtime_core::check::{check, fleet};
use kvmtime_core::facts::{Facts, Fleet, Stated};
use kvmtime_core::lifecycle::Lifecycle;
use kvmtime_core::rules::CATALOGUE;
use serde::Deserialize;
use serde_json::{Value, json};

/// Rules that lack nothing, and do not say so by their type yet.
const WHOLE: [&str; 13] = [
    "dom-armvtimer-policy",
    "dom-catchup-tunables-noop",
    "dom-clock-absent",
    "dom-invtsc-blocks-migration",
    "dom-ioapic-split-rtc-slew",
    "dom-no-agent-channel",
    "dom-reenlightenment-no-frequency",
    "dom-rtc-policy-unsupported",
    "dom-rtc-track-boot",
    "dom-rtc-track-guest",
    "dom-rtc-track-realtime",
    "dom-tickpolicy-noop",
    "dom-timer-present-noop",
];

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
    names.retain(|name| !name.contains(".snap") && !name.ends_with(".flags"));
    names.sort();
    names
}

fn of<'a>(list: &'a Value, rule: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().filter(|item| item["rule"] == rule).collect()
}

/// The command that reads an entry as what it is a case of.
fn asked<'a>(command: &'a str, entry: &'a str, subject: &str) -> Vec<&'a str> {
    let role: &[&str] = match subject {
        "host" | "domain" => &["--as", "host"],
        // Its machines are what they look like.
        "fleet" => &[],
        _ => &["--as", "guest"],
    };
    [&[command, entry, "--format", "json"], role].concat()
}

/// The flags that an entry is judged with.
fn flags(rule: &str, entry: &str) -> String {
    std::fs::read_to_string(cases().join(rule).join(format!("{entry}.flags"))).unwrap_or_default()
}

/// What they state.
fn stated(flags: &str) -> Stated {
    let mut words = flags.split_whitespace();
    let mut stated = Stated::default();
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag {
            "--lifecycle" => {
                let all = value.split(',').filter(|word| *word != "pinned");
                let all = all.map(|word| serde_json::from_value(json!(word)).unwrap());
                stated.lifecycle = Some(Lifecycle::stated(&all.collect::<Vec<_>>(), flag));
            }
            "--budget" => stated.budget = Some(Budget::named(value).unwrap()),
            other => panic!("{other}"),
        }
    }
    stated
}

/// Judges one entry, and says what is wrong with the verdict.
fn judge(rule: &str, subject: &str, entry: &str) -> Result<(), String> {
    let folder = cases().join(rule);
    let flags = flags(rule, entry);
    let mut arguments = asked("check", entry, subject);
    arguments.extend(flags.split_whitespace());
    let report = kvmtime(&folder, &arguments);
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
            keep(&folder, entry, &found);
            Ok(())
        }
        "quiet" if found.is_empty() && skipped.is_empty() => Ok(()),
        "skips" if found.is_empty() && !skipped.is_empty() => {
            keep(&folder, entry, &skipped);
            Ok(())
        }
        _ => Err(said),
    }
}

/// Compares with what is kept beside the entry.
fn keep(folder: &Path, entry: &str, said: &[&Value]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(entry, said));
}

#[test]
fn every_rule_fires_stays_quiet_and_is_skipped_where_it_must() {
    let rules = kvmtime(Path::new("."), &["rules", "--format", "json"]);
    let mut wrong = Vec::new();
    for rule in rules["rules"].as_array().unwrap() {
        let (id, subject) = (rule["id"].as_str().unwrap(), rule["subject"].as_str().unwrap());
        let entries = entries(id);
        let skips = rule["can_be_skipped"].as_bool().unwrap() && !WHOLE.contains(&id);
        for (kind, needed) in [("fires", true), ("quiet", true), ("skips", skips)] {
            if needed && !entries.iter().any(|entry| entry.starts_with(kind)) {
                wrong.push(format!("{id}: no case {kind}"));
            }
        }
        wrong.extend(entries.iter().filter_map(|entry| judge(id, subject, entry).err()));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Rules that speak although they lack that fact, and why.
const ALL_THE_SAME: [(&str, &str, &str); 6] = [
    ("dom-clock-absent", "/os", "what it says holds of every guest, and is a note"),
    ("dom-no-agent-channel", "/os", "guests without an agent are rare"),
    ("dom-stimer-missing", "/os", "a guest with `hypervclock` is taken for a Windows of today"),
    ("guest-no-time-discipline", "/container", "whoever judges evidence as a guest's knows"),
    ("guest-no-time-discipline", "/timex", "the kernel speaks for daemons that are not known"),
    ("guest-rtc-localtime", "/minus_system_seconds", "few hosts give local time, and it is a note"),
];

/// These facts, without each one that is known in turn.
fn without_one(facts: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    known(facts, "", &mut places);
    let without = |place: String| {
        let mut facts = facts.clone();
        let fact = facts.pointer_mut(&place).unwrap();
        *fact = json!({ "unknown": "not-collected", "from": fact["from"] });
        (place, facts)
    };
    places.into_iter().map(without).collect()
}

fn known(at: &Value, place: &str, places: &mut Vec<String>) {
    match at {
        Value::Object(fact) if fact.keys().eq(["from", "value"]) => places.push(place.to_owned()),
        Value::Object(all) => {
            all.iter().for_each(|(key, at)| known(at, &format!("{place}/{key}"), places))
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(n, at)| known(at, &format!("{place}/{n}"), places));
        }
        _ => {}
    }
}

#[test]
fn not_knowing_neither_alarms_nor_reassures() {
    fn judged(facts: &Value, stated: &Stated) -> (HashSet<String>, HashSet<String>) {
        let mut facts = Facts::deserialize(facts).unwrap();
        facts.settle(stated);
        let mut together = Fleet::default();
        together.add(&facts);
        let mut report = check(&facts, CATALOGUE);
        report.append(fleet(together, CATALOGUE));
        let found = report.findings.into_iter().map(|finding| finding.rule.into_owned());
        (found.collect(), report.skipped.into_iter().map(|skipped| skipped.rule).collect())
    }
    let mut wrong = Vec::new();
    let mut judgements = 0;
    for rule in CATALOGUE {
        for entry in entries(rule.id) {
            let command = asked("facts", &entry, rule.check.subject());
            let facts = kvmtime(&cases().join(rule.id), &command);
            let stated = stated(&flags(rule.id, &entry));
            let (before, _) = judged(&facts, &stated);
            for (place, facts) in without_one(&facts) {
                let (found, skipped) = judged(&facts, &stated);
                judgements += 1;
                for id in before.difference(&found).filter(|id| !skipped.contains(*id)) {
                    wrong.push(format!("{id} is quiet in {}/{entry} without {place}", rule.id));
                }
                let spoken = |id: &str| {
                    ALL_THE_SAME.iter().any(|(rule, fact, _)| *rule == id && place.ends_with(*fact))
                };
                for id in found.difference(&before).filter(|id| !spoken(id)) {
                    wrong.push(format!("{id} fires in {}/{entry} without {place}", rule.id));
                }
            }
        }
    }
    assert!(judgements > 1000, "{judgements}");
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
