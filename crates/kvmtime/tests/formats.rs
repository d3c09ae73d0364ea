//! The formats of a report, read by those who will read them: schemas, JUnit's consumers, a monitoring system's rules.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod lacking;
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lacking::{Lacking, need};
use serde_json::Value;

use run::{check, folder, json, path, run, words};

/// A warning on line 5, a warning and info on line 1, and rules that lack the guest's operating system.
const SICK: &str = "<domain type='kvm'>
  <name>web01</name>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='catchup'/>
    <timer name='hpet' present='no'/>
  </clock>
</domain>
";

/// The same with a name that is markup in every format.
fn hostile() -> String {
    SICK.replace("web01", "a|b`&lt;i&gt;*&amp;&quot;]]&gt;é")
}

/// A folder with the domain, one that is broken, and settings that allow one of its faults.
fn mixed() -> tempfile::TempDir {
    let allow = "[[allow]]\nrule = 'dom-no-agent-channel'\nreason = 'an <old> \"appliance\"'\n\
        [[allow]]\nrule = 'dom-cpu-model-generic'\nreason = 'over'\nuntil = 2001-01-01\n";
    folder(&[("d/a.xml", SICK), ("d/b.xml", "<domain><name>b</nam></domain>"), ("c.toml", allow)])
}

/// Judges the folder above.
fn mixed_as(folder: &tempfile::TempDir, format: &str) -> std::process::Output {
    let (domains, settings) = (format!("{}/d", path(folder)), format!("{}/c.toml", path(folder)));
    run(&["check", &domains, "--config", &settings, "--format", format])
}

#[test]
fn markdown_has_a_table_for_each_severity_and_the_worst_first() {
    let folder = mixed();
    let text = words(&mixed_as(&folder, "markdown").stdout);
    assert!(text.starts_with("## kvmtime: 0 errors, 1 warning, 1 info\n"), "{text}");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}: {text}"));
    assert!(at("### Warnings") < at("### Info") && at("### Info") < at("### Not read"));
    assert!(!text.contains("### Errors"));
    let row = format!(
        "| `domain/web01` | the RTC tracks guest time, so it stands still whenever the VM is paused or saved | `{}/d/a.xml:5:44` | remove `track`",
        path(&folder)
    );
    assert!(text.contains(&row), "{text}");
    assert!(
        text.contains("- `dom-no-agent-channel` on `domain/web01`: an \\<old\\> \"appliance\"\n")
    );
    assert!(text.contains(" skipped</summary>"), "{text}");
}

#[test]
fn every_row_of_a_markdown_table_has_five_cells_whatever_a_domain_is_called() {
    let text = words(&check(&hostile(), &["--format", "markdown"]).stdout);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 5, "{text}");
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
    }
    assert!(text.contains("``domain/a\\|b`<i>*&\"]]>é``"), "{text}");
}

/// The parts of the first line: status, text, performance data.
fn nagios(output: &std::process::Output) -> (String, String, String) {
    let text = words(&output.stdout);
    let first = text.lines().next().unwrap_or_default();
    let (status, rest) = first.split_once(" - ").unwrap_or_else(|| panic!("{output:?}"));
    let (text, data) = rest.split_once(" | ").unwrap_or((rest, ""));
    (status.to_owned(), text.to_owned(), data.to_owned())
}

#[test]
fn nagios_gets_a_line_and_a_plugins_exit_status() {
    let broken =
        SICK.replace("track='guest'", "tickpolicy='merge'").replace("catchup' t", "merge' t");
    let wrong = SICK
        .replace("name='rtc' tickpolicy='catchup' track='guest'", "name='rtc' tickpolicy='merge'");
    for (text, flags, status, code) in [
        (SICK, &[][..], "WARNING", 1),
        (SICK, &["--fail-on", "error"], "OK", 0),
        (SICK, &["--only", "dom-hpet-enabled"], "OK", 0),
        (SICK, &["--only", "dom-cpu-model-generic", "--fail-on", "info"], "WARNING", 1),
        (&wrong, &[], "CRITICAL", 2),
        (&wrong, &["--fail-on", "never"], "OK", 0),
        (&broken, &[], "UNKNOWN", 3),
        ("nonsense", &[], "UNKNOWN", 3),
        (SICK, &["--only", "no-such-rule"], "UNKNOWN", 3),
        (SICK, &["--no-such-flag"], "UNKNOWN", 3),
    ] {
        let output = check(text, &[&["--format", "nagios"], flags].concat());
        assert_eq!(
            (nagios(&output).0.as_str(), output.status.code()),
            (status, Some(code)),
            "{flags:?}: {output:?}"
        );
    }
}

#[test]
fn nagios_reads_numbers_with_thresholds_and_the_findings_below() {
    let output = check(&hostile(), &["--format", "nagios"]);
    let (_, text, data) = nagios(&output);
    assert!(text.starts_with("0 errors, 2 warnings, 1 info; warning: domain/a/b`<i>"), "{text}");
    let report = json(&check(&hostile(), &["--format", "json"]));
    let sum = &report["summary"];
    let wanted = format!(
        "errors=0;;0;0 warnings=2;0;;0 info=1;;;0 passed={};;;0 skipped={};;;0 subjects=1;;;0",
        sum["passed"], sum["skipped"]
    );
    assert_eq!(data, wanted);
    let all = words(&output.stdout);
    let below: Vec<&str> = all.lines().skip(1).collect();
    assert_eq!(below.len(), 3, "{all}");
    assert!(
        below[2].starts_with("info: ") && below.iter().all(|line| !line.contains('|')),
        "{all}"
    );
}

#[test]
fn nagios_is_not_sent_more_than_it_reads() {
    let many: String = (0..300).map(|n| SICK.replace("web01", &format!("d{n}"))).collect();
    let text = words(&check(&many, &["--format", "nagios"]).stdout);
    assert!(text.len() <= 4096, "{}", text.len());
    let left: usize = text.lines().last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(left + text.lines().count() - 2, 900, "{text}");
}

#[test]
fn what_a_plugin_could_not_read_is_unknown_even_where_something_was_found() {
    let folder = mixed();
    let output = mixed_as(&folder, "nagios");
    let (status, text, _) = nagios(&output);
    assert_eq!((status.as_str(), output.status.code()), ("UNKNOWN", Some(3)));
    assert!(text.starts_with("cannot read ") && text.contains("b.xml: not a domain XML"), "{text}");
    assert!(words(&output.stdout).contains("\nwarning: domain/web01: "), "{output:?}");
}

/// Two real consumers of JUnit XML, from PyPI, in an environment of their own that is kept between runs.
fn junit_consumers() -> Result<PathBuf, Lacking> {
    const PACKAGES: [&str; 2] = ["junitparser==5.0.3", "junit2html==31.1.4"];
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("junit-consumers");
    let done = venv.join(PACKAGES.join("+"));
    if done.exists() {
        return Ok(venv.join("bin"));
    }
    let python = lacking::program("python3", "python3-venv")?;
    let attempt = |command: &mut Command, what: &str| {
        let output = command.stdin(Stdio::null()).output();
        let fine = output.as_ref().is_ok_and(|output| output.status.success());
        let why = || Lacking::Obtainable(format!("{what}: {output:?}"));
        fine.then_some(()).ok_or_else(why)
    };
    attempt(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv), "a Python venv")?;
    let mut pip = Command::new(venv.join("bin/pip"));
    attempt(
        pip.args(["install", "--quiet", "--no-deps"]).args(PACKAGES).args(["jinja2", "markupsafe"]),
        "PyPI",
    )?;
    fs::write(done, "").unwrap();
    Ok(venv.join("bin"))
}

/// What `junitparser` understands: a line for each case with its result's kind, message and text.
const READ: &str = r#"
import json, sys
from junitparser import JUnitXml
xml = JUnitXml.fromfile(sys.argv[1])
cases = [{"suite": suite.name, "classname": case.classname, "name": case.name,
          "out": case.system_out,
          "results": [[type(r).__name__, r.message, r.type, r.text] for r in case.result]}
         for suite in xml for case in suite]
print(json.dumps({"tests": xml.tests, "failures": xml.failures, "errors": xml.errors,
                  "skipped": xml.skipped, "cases": cases}))
"#;

fn junit_read(python: &Path, file: &Path) -> Value {
    let output = Command::new(python).args(["-c", READ]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", words(&output.stderr));
    json(&output)
}

#[test]
fn real_consumers_read_junit() {
    let Some(bin) = need(junit_consumers()) else { return };
    let folder = mixed();
    fs::write(folder.path().join("d/c.xml"), hostile().replace("track='guest'", "track='boot'"))
        .unwrap();
    fs::write(
        folder.path().join("d/d.xml"),
        SICK.replace("catchup' track='guest'", "merge'").replace("web01", "d"),
    )
    .unwrap();
    let junit = folder.path().join("junit.xml");
    let output = mixed_as(&folder, "junit");
    assert_eq!(output.status.code(), Some(2), "b.xml cannot be read");
    fs::write(&junit, &output.stdout).unwrap();
    let read = junit_read(&bin.join("python"), &junit);
    let report = json(&mixed_as(&folder, "json"));

    let cases = read["cases"].as_array().unwrap();
    assert_eq!(read["tests"], cases.len());
    let sum = |key: &str| report["summary"][key].as_u64().unwrap();
    assert_eq!(read["failures"], sum("warning"));
    assert_eq!(read["errors"], sum("error") + 1, "one more for the file that cannot be read");
    let allowed = 3;
    assert_eq!(read["skipped"], sum("skipped") + allowed);
    let of = |case: &&Value, subject: &str, rule: &str| {
        case["classname"] == subject && case["name"] == rule
    };
    for finding in report["findings"].as_array().unwrap() {
        let (subject, rule) =
            (finding["subject"].as_str().unwrap(), finding["rule"].as_str().unwrap());
        let case = cases.iter().find(|case| of(case, subject, rule)).unwrap();
        assert_eq!(case["suite"], subject);
        let kind = match finding["severity"].as_str().unwrap() {
            "error" => "Error",
            "warning" => "Failure",
            _ => {
                assert_eq!(case["results"], Value::Array(vec![]), "below --fail-on");
                assert!(
                    case["out"].as_str().unwrap().contains(finding["message"].as_str().unwrap())
                );
                continue;
            }
        };
        assert_eq!(case["results"][0][0], kind);
        assert_eq!(case["results"][0][1], finding["message"]);
        assert_eq!(case["results"][0][2], finding["severity"]);
        let cure = finding["cure"]["summary"].as_str().unwrap();
        assert!(case["results"][0][3].as_str().unwrap().contains(cure), "{case}");
    }
    for skipped in report["skipped"].as_array().unwrap() {
        let (subject, rule) =
            (skipped["subject"].as_str().unwrap(), skipped["rule"].as_str().unwrap());
        let case = cases.iter().find(|case| of(case, subject, rule)).unwrap();
        assert_eq!(
            (&case["results"][0][0], &case["results"][0][1]),
            (&"Skipped".into(), &skipped["why"])
        );
    }
    let agent = cases.iter().find(|case| of(case, "domain/web01", "dom-no-agent-channel")).unwrap();
    assert_eq!(agent["results"][0][1], "allowed: an <old> \"appliance\"");
    let unread = cases.iter().find(|case| case["classname"] == "kvmtime").unwrap();
    assert!(unread["results"][0][3].as_str().unwrap().contains("b.xml: not a domain XML"));

    let page = folder.path().join("junit.html");
    let html = Command::new(bin.join("junit2html")).arg(&junit).arg(&page).output().unwrap();
    assert!(html.status.success(), "{}", words(&html.stderr));
    assert!(fs::read_to_string(page).unwrap().contains("dom-rtc-track-guest"));
}

#[test]
fn junit_has_a_case_for_every_rule_that_a_subject_was_judged_by() {
    let flags: [&[&str]; 3] = [
        &[],
        &["--only", "dom-hpet-enabled,guest-notsc,dom-rtc-track-guest"],
        &["--skip", "dom-hpet-enabled"],
    ];
    for flags in flags {
        let text = words(&check(SICK, &[&["--format", "junit"], flags].concat()).stdout);
        let report = json(&check(SICK, &[&["--format", "json"], flags].concat()));
        let sum: u64 =
            report["summary"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(
            text.matches("<testcase ").count() as u64,
            sum,
            "no rule finds two faults here: {text}"
        );
    }
    let here = run(&["check", "host", "guest", "--format", "junit"]);
    let report = json(&run(&["check", "host", "guest", "--format", "json"]));
    let mut decided: Vec<(String, String)> = ["findings", "skipped"]
        .iter()
        .flat_map(|list| report[list].as_array().unwrap())
        .map(|item| (item["subject"].to_string(), item["rule"].to_string()))
        .collect();
    decided.sort();
    decided.dedup();
    let passed = report["summary"]["passed"].as_u64().unwrap();
    let cases = words(&here.stdout).matches("<testcase ").count();
    assert_eq!(cases as u64, passed + decided.len() as u64);
}

#[test]
fn junit_is_xml_whatever_a_domain_is_called() {
    let Some(xmllint) = need(lacking::program("xmllint", "libxml2-utils")) else { return };
    let folder = folder(&[(
        "web\u{1b}\n\u{ffff}<&\">'.args",
        "qemu-system-x86_64 -name a\u{1}b]]> -rtc clock=vm,driftfix=slew",
    )]);
    let output = run(&[
        "check",
        folder.path().join("web\u{1b}\n\u{ffff}<&\">'.args").to_str().unwrap(),
        "--format",
        "junit",
    ]);
    let file = folder.path().join("junit.xml");
    fs::write(&file, &output.stdout).unwrap();
    let lint = Command::new(xmllint).arg("--noout").arg(&file).output().unwrap();
    assert!(lint.status.success(), "{}\n{}", words(&lint.stderr), words(&output.stdout));
    assert!(words(&output.stdout).contains('\u{fffd}'), "{}", words(&output.stdout));
}
