//! The formats of a report, read by those who will read them: schemas, JUnit's consumers, a monitoring system's rules.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod run;

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
