//! The formats of a report, read by those who will read them: schemas, JUnit's consumers, a monitoring system's rules.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod lacking;
mod pypi;
mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use lacking::{Lacking, need};
use serde_json::Value;

use run::{check, folder, json, path, run, unread, words};

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
fn wrong_settings_are_unknown_to_a_monitoring_system_and_not_critical() {
    let folder = folder(&[("c.toml", "nothing = 1\n"), ("a.xml", SICK)]);
    let place = |name: &str| folder.path().join(name).into_os_string().into_string().unwrap();
    let mut command = run::kvmtime();
    command.args(["check", &place("a.xml"), "--config", &place("c.toml")]);
    let output = command.env("KVMTIME_FORMAT", "nagios").output().unwrap();
    assert_eq!((nagios(&output).0.as_str(), output.status.code()), ("UNKNOWN", Some(3)));
    assert!(nagios(&output).1.contains("line 1: unknown field `nothing`"), "{output:?}");
}

#[test]
fn nagios_reads_numbers_with_thresholds_and_the_findings_below() {
    let output = check(&hostile(), &["--format", "nagios"]);
    let (_, text, data) = nagios(&output);
    assert!(text.starts_with("0 errors, 1 warning, 2 info; warning: domain/a/b`<i>"), "{text}");
    let report = json(&check(&hostile(), &["--format", "json"]));
    let sum = &report["summary"];
    let wanted = format!(
        "errors=0;;0;0 warnings=1;0;;0 info=2;;;0 passed={};;;0 skipped={};;;0 subjects=1;;;0",
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

/// Two real consumers of JUnit XML, with what the second makes its page by.
const JUNIT_CONSUMERS: [&str; 4] =
    ["junitparser==5.0.3", "junit2html==31.1.4", "jinja2==3.1.6", "markupsafe==3.0.3"];

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
    let Some(bin) = need(pypi::packages("junit-consumers", &JUNIT_CONSUMERS)) else { return };
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

/// The schema of SARIF 2.1.0 as OASIS published it, from the crate `serde-sarif`, which Cargo has fetched for this test.
fn sarif_schema() -> Result<Value, Lacking> {
    // Of packages for other systems Cargo has fetched nothing.
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let lacking = |what: String| Lacking::Obtainable(format!("Cargo and its registry: {what}"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| lacking(error.to_string()))?;
    let metadata: Value =
        serde_json::from_slice(&metadata.stdout).map_err(|_| lacking(words(&metadata.stderr)))?;
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let schema = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // These published patterns have a bracket too many to be expressions; kvmtime names no language.
    for owner in ["run", "toolComponent"] {
        let language = schema["definitions"][owner]["properties"]["language"].as_object_mut();
        language.unwrap().remove("pattern");
    }
    let id = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json";
    assert_eq!(schema["$id"], id);
    Ok(schema)
}

fn complaints(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors = validator.iter_errors(document);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn sarif_is_valid_by_its_official_schema_and_for_a_typed_reader() {
    let Some(schema) = need(sarif_schema()) else { return };
    let folder = mixed();
    fs::write(folder.path().join("d/c.xml"), hostile()).unwrap();
    for output in [
        mixed_as(&folder, "sarif"),
        check(SICK, &["--format", "sarif"]),
        check("nonsense", &["--format", "sarif"]),
        run(&["check", "--format", "sarif"]),
        run(&["check", "tests/cases", "--format", "sarif"]),
        run(&["check", "host", "guest", "--only", "guest-notsc", "--format", "sarif"]),
    ] {
        let log = json(&output);
        assert_eq!(complaints(&schema, &log), Vec::<String>::new());
        let typed: serde_sarif::sarif::Sarif = serde_json::from_value(log.clone()).unwrap();
        let count = typed.runs[0].results.as_ref().unwrap().len();
        assert_eq!(count, log["runs"][0]["results"].as_array().unwrap().len());
    }
    let mut log = json(&check(SICK, &["--format", "sarif"]));
    log["runs"][0]["results"][0]["level"] = "info".into();
    assert_eq!(complaints(&schema, &log).len(), 1, "the schema refuses nothing");
}

#[test]
fn sarif_tells_what_json_tells() {
    let folder = mixed();
    let (log, report) = (json(&mixed_as(&folder, "sarif")), json(&mixed_as(&folder, "json")));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let catalogue = json(&run::run(&["rules", "--format", "json"]));
    assert_eq!(rules.len(), catalogue["rules"].as_array().unwrap().len());
    for (rule, known) in rules.iter().zip(catalogue["rules"].as_array().unwrap()) {
        assert_eq!((&rule["id"], &rule["help"]["markdown"]), (&known["id"], &known["page"]));
        assert_eq!(rule["shortDescription"]["text"], known["summary"]);
    }
    let results = run["results"].as_array().unwrap();
    let found = report["findings"].as_array().unwrap();
    for (result, finding) in results.iter().zip(found) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], finding["rule"]);
        assert_eq!(result["ruleId"], finding["rule"]);
        assert_eq!(result["message"]["text"], finding["message"]);
        let level = finding["severity"].as_str().unwrap().replace("info", "note");
        assert_eq!(result["level"], level);
        let location = &result["locations"][0];
        assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], finding["subject"]);
        let (place, region) = (&finding["location"], &location["physicalLocation"]["region"]);
        let uri = format!("file://{}", place["path"].as_str().unwrap());
        assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], uri);
        for (key, of) in [
            ("startLine", "line"),
            ("startColumn", "column"),
            ("endLine", "end_line"),
            ("endColumn", "end_column"),
        ] {
            assert_eq!(region[key], place[of]);
        }
        assert_eq!(result["properties"]["cure"], finding["cure"]);
        assert_eq!(result["suppressions"], Value::Array(vec![]));
    }
    let [allowed] = &results[found.len()..] else { panic!("{results:?}") };
    assert_eq!(allowed["ruleId"], "dom-no-agent-channel");
    assert_eq!(allowed["suppressions"][0]["justification"], "an <old> \"appliance\"");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes[0]["message"]["text"].as_str().unwrap().contains("b.xml: not a domain XML"));
    let skipped = report["skipped"].as_array().unwrap();
    assert_eq!(notes.len(), 1 + skipped.len());
    for (note, skipped) in notes[1..].iter().zip(skipped) {
        assert_eq!(
            (&note["associatedRule"]["id"], &note["level"]),
            (&skipped["rule"], &"note".into())
        );
    }
    let over = &invocation["toolConfigurationNotifications"][0]["message"]["text"];
    assert!(over.as_str().unwrap().contains("was allowed on * until 2001-01-01"), "{over}");
}

#[test]
fn sarif_gives_a_file_only_to_what_stands_in_one() {
    let location = |log: &Value| log["runs"][0]["results"][0]["locations"][0].clone();
    let piped = location(&json(&check(SICK, &["--format", "sarif"])));
    assert_eq!(piped["physicalLocation"], Value::Null);
    assert_eq!(piped["logicalLocations"][0]["name"], "web01");
    let folder = folder(&[("a b/ü#1.xml", SICK)]);
    let mut command = run::kvmtime();
    let output =
        command.current_dir(folder.path()).args(["check", "a b/ü#1.xml", "--format", "sarif"]);
    let relative = location(&json(&output.output().unwrap()));
    assert_eq!(relative["physicalLocation"]["artifactLocation"]["uri"], "a%20b/%C3%BC%231.xml");
}

#[test]
fn sarif_finds_a_file_of_evidence_below_its_folder() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found = 0;
    for rule in fs::read_dir(cases).unwrap() {
        for entry in fs::read_dir(rule.unwrap().path()).unwrap() {
            let entry = entry.unwrap().path();
            if !entry.is_dir() {
                continue;
            }
            let output =
                run(&["check", entry.to_str().unwrap(), "--as", "guest", "--format", "sarif"]);
            for result in json(&output)["runs"][0]["results"].as_array().unwrap() {
                let location = &result["locations"][0];
                let subject = &location["logicalLocations"][0]["fullyQualifiedName"];
                let uri = &location["physicalLocation"]["artifactLocation"]["uri"];
                if let (Some("guest"), Some(uri)) = (subject.as_str(), uri.as_str()) {
                    let path = uri.strip_prefix("file://").unwrap();
                    assert!(Path::new(path).is_file(), "{path}");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 0, "no case has a finding in a file of evidence");
}

/// The published schema of `--format json`.
fn check_schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/check.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn json_is_valid_by_its_published_schema() {
    let schema = check_schema();
    let folder = mixed();
    let evidence = "tests/cases/guest-rtc-localtime/fires";
    for output in [
        check(SICK, &["--format", "json"]),
        check(&hostile(), &["--format", "json"]),
        mixed_as(&folder, "json"),
        run(&["check", "--format", "json"]),
        run(&["check", "tests/cases", "--format", "json"]),
        run(&["check", evidence, "--as", "guest", "--format", "json"]),
    ] {
        assert_eq!(complaints(&schema, &json(&output)), Vec::<String>::new());
    }
}

#[test]
fn the_published_schema_speaks_of_all_that_is_printed_and_lets_nothing_else_pass() {
    let schema = check_schema();
    let report = json(&check(SICK, &["--format", "json"]));
    let mut paths = Vec::new();
    members(&report, "", &mut paths);
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut without = report.clone();
        let object = without.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        object.remove(key);
        assert!(!complaints(&schema, &without).is_empty(), "{path} may be missing");
        let mut more = report.clone();
        let object = more.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        object.insert("more".to_owned(), Value::Null);
        assert!(!complaints(&schema, &more).is_empty(), "{parent} may have more");
        let mut other = report.clone();
        *other.pointer_mut(&path).unwrap() = Value::Bool(true);
        assert!(!complaints(&schema, &other).is_empty(), "{path} may be anything");
    }
}

/// The JSON pointers of all members of objects.
fn members(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}/{key}");
                members(value, &path, found);
                found.push(path);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                members(item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault_in_any_format() {
    let many: String = (0..500).map(|n| SICK.replace("web01", &format!("d{n}"))).collect();
    for format in ["text", "json", "sarif", "junit", "markdown", "nagios"] {
        let output = unread(&["check", "-", "--format", format], &many);
        assert_eq!(
            (output.status.code(), words(&output.stderr)),
            (Some(0), String::new()),
            "{format}"
        );
    }
}
