//! The commands as a user meets them: exit statuses, messages, formats.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod lacking;
mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use lacking::need;
use run::{check, folder, json, kvmtime, path, run, unread, words};
use serde_json::Value;

/// The domain of a host administrator whose NetBSD guests lag: RTC catch-up, tracking guest time; PIT delay; no HPET.
const LAGGING: &str = "<domain type='kvm'>
  <name>buster</name>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
</domain>
";

/// The same after he had read the manual.
const CURED: &str = "<domain type='kvm'>
  <name>buster</name>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='wall'/>
    <timer name='pit' tickpolicy='catchup'/>
    <timer name='tsc' tickpolicy='catchup' mode='native'/>
    <timer name='hpet' present='no'/>
  </clock>
</domain>
";

#[test]
fn a_lagging_netbsd_domain_is_told_about_its_rtc_and_its_pit() {
    let output = check(LAGGING, &["--format", "json"]);
    let report = json(&output);
    let found = |rule: &str| {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["rule"] == rule)
            .cloned()
    };
    assert_eq!(found("dom-rtc-track-guest").unwrap()["location"]["line"], 5);
    let pit = found("dom-pit-delay-ambiguous").unwrap();
    assert_eq!(pit["location"]["line"], 6);
    assert!(pit["message"].as_str().unwrap().contains("catchup"), "{pit}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_cured_domain_has_a_tsc_line_without_effect_and_no_error() {
    let report = json(&check(CURED, &["--format", "json"]));
    let findings = report["findings"].as_array().unwrap();
    let tsc = findings.iter().find(|finding| finding["rule"] == "dom-tickpolicy-noop").unwrap();
    assert_eq!((&tsc["severity"], &tsc["location"]["line"]), (&"info".into(), &7.into()));
    assert_eq!(report["summary"]["error"], 0);
    assert!(findings.iter().all(|finding| finding["rule"] != "dom-rtc-track-guest"));
}

#[test]
fn the_text_shows_the_line_the_place_the_cure_and_the_counts() {
    let text = words(&check(LAGGING, &[]).stdout);
    assert!(text.contains("-:5:44"), "{text}");
    assert!(
        text.contains("5 |     <timer name='rtc' tickpolicy='catchup' track='guest'/>"),
        "{text}"
    );
    assert!(text.contains("cure: "), "{text}");
    assert!(!text.contains('\u{1b}'), "colour off a terminal: {text}");
    let closing = text.lines().last().unwrap();
    assert!(closing.starts_with("domain/buster: 0 errors, "), "{closing}");
    let warning = text.find("warning[").unwrap();
    assert!(text.find("info[").is_none_or(|info| info < warning), "the worst is not last: {text}");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../../../README.md");
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = folder(&[("buster.xml", LAGGING)]);
    let output =
        kvmtime().current_dir(folder.path()).args(["check", "buster.xml"]).output().unwrap();
    let text = words(&output.stdout);
    assert!(text.contains(shown), "{text}");
}

#[test]
fn json_has_the_published_shape() {
    let report = json(&check(LAGGING, &["--format", "json"]));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(report["schema"], "kvmtime.check/1");
    assert_eq!(keys(&report), ["findings", "schema", "skipped", "subjects", "summary", "tool"]);
    assert_eq!(keys(&report["tool"]), ["name", "version"]);
    assert_eq!(keys(&report["subjects"][0]), ["from", "id", "kind", "name", "os"]);
    let finding = &report["findings"][0];
    assert_eq!(
        keys(finding),
        ["cure", "evidence", "location", "message", "rule", "severity", "subject"]
    );
    assert_eq!(keys(&finding["evidence"][0]), ["from", "value", "what"]);
    assert_eq!(keys(&finding["location"]), ["column", "end_column", "end_line", "line", "path"]);
    assert_eq!(keys(&finding["cure"]), ["effect", "risk", "summary"]);
    assert_eq!(keys(&report["skipped"][0]), ["rule", "subject", "why"]);
    assert_eq!(keys(&report["summary"]), ["error", "info", "passed", "skipped", "warning"]);
}

#[test]
fn every_rule_is_counted_once_for_its_subject() {
    let rules = json(&run(&["rules", "--format", "json"]));
    let rules = rules["rules"].as_array().unwrap();
    let on_domains = rules.iter().filter(|rule| rule["subject"] == "domain").count();
    let report = json(&check(LAGGING, &["--format", "json"]));
    let sum = &report["summary"];
    let count = |key: &str| usize::try_from(sum[key].as_u64().unwrap()).unwrap();
    let mut found: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    found.dedup();
    assert_eq!(count("passed") + count("skipped") + found.len(), on_domains);
    assert!(rules.len() >= 45, "{} rules", rules.len());
}

#[test]
fn exit_statuses_follow_the_severity_asked_for() {
    let status = |limit: &str| check(CURED, &["--fail-on", limit]).status.code();
    assert_eq!(status("info"), Some(1));
    assert_eq!(status("error"), Some(0));
    assert_eq!(check(LAGGING, &["--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(run(&["check", "--no-such-flag"]).status.code(), Some(2));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

#[test]
fn a_broken_file_in_a_folder_is_named_and_the_rest_go_on() {
    let network = "<network><name>default</name></network>";
    let folder = folder(&[
        ("a.xml", LAGGING),
        ("b.xml", "<domain type='kvm'>\n  <name>b</nam>\n</domain>\n"),
        ("networks/default.xml", network),
        ("nested/c.xml", &LAGGING.replace("buster", "c")),
        ("notes.txt", "not looked at"),
    ]);
    let output = run(&["check", path(&folder), "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let ids: Vec<String> = json(&output)["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|subject| subject["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["domain/buster", "domain/c", "fleet"]);
    let errors = words(&output.stderr);
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.starts_with("kvmtime: cannot read "), "{errors}");
    assert!(errors.contains("b.xml: not a domain XML (line 2: "), "{errors}");
}

#[test]
fn two_domains_of_one_name_stay_apart() {
    let folder = folder(&[("a.xml", LAGGING), ("b.xml", CURED)]);
    let report = json(&run(&["check", path(&folder), "--format", "json"]));
    let id = |index: usize| report["subjects"][index]["id"].as_str().unwrap().to_owned();
    assert_eq!(id(0), "domain/buster");
    assert!(id(1).starts_with("domain/buster@") && id(1).ends_with("b.xml"), "{}", id(1));
    assert!(
        report["findings"].as_array().unwrap().iter().any(|finding| finding["subject"] == id(1))
    );
}

#[test]
fn many_domains_get_a_line_a_finding_in_the_order_of_files_and_the_worst_last() {
    let names: Vec<String> = (0..50).map(|number| format!("web{number:02}")).collect();
    let texts = names.iter().map(|name| {
        (format!("{name}.xml"), LAGGING.replace("buster", name).replace("catchup' t", "merge' t"))
    });
    let texts: Vec<(String, String)> = texts.collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (&**name, &**text)).collect();
    let folder = folder(&files);
    let found = json(&run(&["check", path(&folder), "--format", "json"]))["findings"].clone();
    let wanted = ["info", "warning", "error"].into_iter().flat_map(|severity| {
        let found = found.as_array().unwrap().iter();
        found.filter(move |finding| finding["severity"] == severity).map(move |finding| {
            let (place, message) = (&finding["location"], finding["message"].as_str().unwrap());
            let (file, rule) = (place["path"].as_str().unwrap(), finding["rule"].as_str().unwrap());
            let (line, column) = (&place["line"], &place["column"]);
            format!("{file}:{line}:{column}: {severity}: {message} [{rule}]")
        })
    });
    let wanted: Vec<String> = wanted.collect();
    let text = words(&run(&["check", path(&folder)]).stdout);
    let lines: Vec<&str> = text.lines().collect();
    let (closing, lines) = lines.split_last().unwrap();
    assert_eq!(lines, wanted);
    assert!(
        closing.starts_with("50 subjects, fleet: 50 errors, 50 warnings, 150 info; "),
        "{closing}"
    );
}

#[test]
fn what_cannot_be_read_says_so_with_a_hint() {
    for (target, words_of_it) in [
        ("/no/such/file", "no such file"),
        ("domain:nobody", "libvirt"),
        ("qemu:0", "no QEMU process"),
    ] {
        let output = run(&["check", target]);
        let error = words(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert!(error.starts_with("kvmtime: ") && error.contains(words_of_it), "{error}");
        assert!(error.contains("hint: "), "{error}");
    }
}

#[test]
fn what_is_no_file_in_a_folder_does_not_stop_the_rest() {
    let folder = folder(&[("a.xml", LAGGING)]);
    std::os::unix::fs::symlink("/nowhere", folder.path().join("b.xml")).unwrap();
    // A pipe that nobody writes to.
    let pipe = folder.path().join("c.xml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = run(&["check", path(&folder), "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(json(&output)["subjects"][0]["id"], "domain/buster");
    let errors = words(&output.stderr);
    assert!(errors.contains("b.xml: no such file or directory\n"), "{errors}");
    assert!(errors.contains("c.xml: not a domain XML"), "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

#[test]
fn what_helps_several_in_a_row_is_said_once() {
    let error = words(&run(&["check", "/nowhere", "/not-there", "qemu:0"]).stderr);
    let lines: Vec<&str> = error.lines().map(|line| &line[..line.len().min(16)]).collect();
    assert_eq!(
        lines,
        [
            "kvmtime: cannot ",
            "kvmtime: cannot ",
            "hint: a target i",
            "kvmtime: there i",
            "hint: `kvmtime c"
        ]
    );
}

#[test]
fn what_is_empty_or_in_another_coding_says_so() {
    let error = words(&check(" \n", &[]).stderr);
    assert_eq!(error, "kvmtime: cannot read -: it is empty\n");
    let folder = folder(&[]);
    let file = folder.path().join("utf16.xml");
    fs::write(&file, b"\xff\xfe<\0d\0").unwrap();
    let error = words(&run(&["check", file.to_str().unwrap()]).stderr);
    assert!(error.contains("UTF-16"), "{error}");
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure_in_plain_words() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = kvmtime().arg("rules").stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = words(&output.stderr);
    assert_eq!(error, "kvmtime: cannot write the output: no space left on device\n");
    // Nor does it matter that nobody can be told.
    let status = kvmtime().args(["check", "/nowhere"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_rule_that_is_not_there_brings_to_mind_the_one_that_is_most_like_it() {
    for (asked, meant) in [
        ("DOM-RTC-TRACK-GUEST", "dom-rtc-track-guest?"),
        ("dom-rtc-track", "dom-rtc-track-"),
        ("clocksource-slow", "guest-clocksource-slow?"),
    ] {
        let error = words(&run(&["explain", asked]).stderr);
        assert!(error.contains(&format!("hint: did you mean {meant}")), "{error}");
    }
}

#[test]
fn facts_judged_elsewhere_give_the_same_findings() {
    let folder = folder(&[("buster.xml", LAGGING)]);
    let file = folder.path().join("buster.xml");
    let file = file.to_str().unwrap();
    let facts = folder.path().join("facts.json");
    fs::write(&facts, run(&["facts", file, "--format", "json"]).stdout).unwrap();
    let here = json(&run(&["check", file, "--format", "json"]));
    let there = json(&run(&["check", "--facts", facts.to_str().unwrap(), "--format", "json"]));
    assert_eq!(here["findings"], there["findings"]);
    assert_eq!(here["skipped"], there["skipped"]);
    let broken = json(&run(&["facts", file, "--format", "json"]));
    fs::write(&facts, broken.to_string().replace("kvmtime.facts/1", "kvmtime.facts/9")).unwrap();
    let refused = run(&["check", facts.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused.stderr).contains("kvmtime.facts/9"), "{refused:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let many: String = (0..2000).map(|n| LAGGING.replace("buster", &format!("d{n}"))).collect();
    let output = unread(&["check", "-"], &many);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(words(&output.stderr), "");
}

/// What this machine's check and a check of what `capture` kept of it conclude.
#[test]
fn a_capture_gives_the_same_findings_as_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("evidence");
    let place = place.to_str().unwrap();
    let captured = run(&["capture", place]);
    assert_eq!(captured.status.code(), Some(0), "{}", words(&captured.stderr));
    let verdicts = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().clone();
        let mut all: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!("{} {} {}", finding["subject"], finding["rule"], finding["severity"])
            })
            .chain(report["skipped"].as_array().unwrap().iter().map(Value::to_string))
            .collect();
        all.sort();
        all
    };
    let kept = json(&run(&["check", place, "--format", "json"]));
    let subjects = kept["subjects"].as_array().unwrap().iter();
    let roles = subjects.filter_map(|subject| subject["id"].as_str());
    let roles: Vec<&str> = roles.filter(|id| matches!(*id, "host" | "guest")).collect();
    let live = json(&run(&[&["check", "--format", "json"], &roles[..]].concat()));
    let of_machine = |report: &Value| {
        let mut report = report.clone();
        for list in ["findings", "skipped"] {
            let items = report[list].as_array_mut().unwrap();
            items.retain(|item| matches!(item["subject"].as_str(), Some("host" | "guest")));
        }
        verdicts(&report)
    };
    assert_eq!(of_machine(&live), of_machine(&kept));
    let again = run(&["capture", place]);
    assert_eq!(again.status.code(), Some(2), "evidence of two machines must not mix");

    let part = folder.path().join("part");
    let mut shell = Command::new("sh");
    // Files of half a KiB at most: a longer one ends it.
    shell.args(["-c", "ulimit -f 1; exec \"$0\" capture \"$1\""]);
    shell.arg(env!("CARGO_BIN_EXE_kvmtime")).arg(&part);
    assert_eq!(shell.status().unwrap().code(), None);
    let checked = run(&["check", part.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(words(&checked.stderr).contains("was not finished"), "{}", words(&checked.stderr));
}

#[test]
fn check_opens_nothing_for_writing() {
    let Some(strace) = need(lacking::program("strace", "strace")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let traced = Command::new(strace)
        .args(["-f", "-qq", "-e", "trace=open,openat,openat2,creat,truncate,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,chmod,fchmodat,chown,fchownat", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_kvmtime"))
        .args(["check"])
        .output()
        .unwrap();
    assert_ne!(traced.status.code(), Some(2), "{}", words(&traced.stderr));
    let trace = fs::read_to_string(trace).unwrap();
    let opened = trace.lines().filter(|line| line.contains("open")).count();
    assert!(opened > 20, "the trace saw only {opened} files");
    let writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    let changing =
        ["creat(", "truncate(", "unlink", "rename", "mkdir", "symlink", "chmod", "chown"];
    // chronyc makes a socket for chronyd's answers and takes it away again (chrony client.c:open_socket).
    let own_socket = |line: &&str| line.contains("/chronyc.") && line.contains(".sock");
    for line in trace.lines().filter(|line| !own_socket(line)) {
        let writes = line.contains("open") && writing.iter().any(|flag| line.contains(flag));
        let call = line.split_whitespace().nth(1).unwrap_or_default();
        let changes = changing.iter().any(|name| call.starts_with(name));
        assert!(!writes && !changes, "{line}");
    }
}

#[test]
fn a_rule_explains_itself_and_a_wrong_name_gets_a_hint() {
    let page = words(&run(&["explain", "dom-rtc-track-guest"]).stdout);
    assert!(page.starts_with("# dom-rtc-track-guest\n"), "{page}");
    assert!(page.contains("\n## What to do\n"), "{page}");
    let wrong = run(&["explain", "dom-rtc-tracks-guest"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(words(&wrong.stderr).contains("did you mean dom-rtc-track-guest?"));
}

#[test]
fn every_help_has_an_example_or_says_all() {
    for command in ["check", "facts", "capture", "explain", "config"] {
        let help = words(&run(&[command, "--help"]).stdout);
        assert!(
            help.contains("Examples:") && help.contains(&format!("kvmtime {command}")),
            "{help}"
        );
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_kvmtime")).exists());
}
