//! Settings as a user meets them: who wins, what is refused, what is allowed and until when.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use run::{check, folder, json, kvmtime, path, run, words};
use serde_json::Value;

/// Three faults: `dom-rtc-track-guest` is a warning, `dom-no-agent-channel` and `dom-cpu-model-generic` are info.
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

fn rules(output: &Output) -> Vec<String> {
    let report = json(output);
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

fn total(output: &Output) -> u64 {
    json(output)["summary"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// Value and source of a setting.
fn setting(output: &Output, key: &str) -> (String, String) {
    let all = json(output);
    let mut all = all["settings"].as_array().unwrap().iter();
    let found = all.find(|setting| setting["key"] == key).unwrap().clone();
    (found["value"].to_string(), found["from"].as_str().unwrap().to_owned())
}

fn config(folder: &tempfile::TempDir, environment: &[(&str, &str)]) -> Output {
    let mut command = kvmtime();
    command.args(["config", "--format", "json", "--config", path(folder)]);
    command.envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn rules_that_are_left_out_count_nowhere() {
    let with = |more: &[&str]| check(SICK, &[&["--format", "json"], more].concat());
    let all = with(&[]);
    let only = with(&["--only", "dom-rtc-track-guest,dom-hpet-enabled"]);
    assert_eq!(rules(&only), ["dom-rtc-track-guest"]);
    assert_eq!(total(&only), 2);
    let skip = with(&["--skip", "dom-rtc-track-guest", "--skip", "dom-hpet-enabled"]);
    assert_eq!(total(&skip), total(&all) - 2);
    assert!(!rules(&skip).contains(&"dom-rtc-track-guest".to_owned()));
    let both =
        with(&["--only", "dom-rtc-track-guest,dom-hpet-enabled", "--skip", "dom-rtc-track-guest"]);
    assert_eq!((rules(&both).len(), total(&both)), (0, 1));
    assert_eq!(both.status.code(), Some(0));
}

#[test]
fn a_rule_that_does_not_exist_is_refused_with_a_hint() {
    for flag in ["--only", "--skip"] {
        let output = check(SICK, &[flag, "dom-rtc-tracks-guest"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(words(&output.stdout), "");
        let said = words(&output.stderr);
        assert!(said.contains(&format!("{flag}: there is no rule dom-rtc-tracks-guest")), "{said}");
        assert!(said.contains("hint: did you mean dom-rtc-track-guest?"), "{said}");
    }
    let nothing = check(SICK, &["--only", "guest-notsc", "--skip", "guest-notsc"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(words(&nothing.stderr).contains("no rule is left"), "{nothing:?}");
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_files_and_a_later_file_over_an_earlier_one() {
    let folder = folder(&[
        ("config.toml", "fail_on = 'error'\nformat = 'json'\nskip = ['guest-notsc']\n"),
        ("config.d/20-later.toml", "# mine\nskip = ['dom-rtc-track-guest']\n"),
        ("config.d/10-early.toml", "skip = ['dom-hpet-enabled']\nfail_on = 'info'\n"),
        ("config.d/notes.txt", "not read"),
    ]);
    let place = |name: &str| format!("{}/{name}", path(&folder));
    let plain = config(&folder, &[]);
    assert_eq!(setting(&plain, "fail_on"), ("\"info\"".into(), place("config.d/10-early.toml:2")));
    assert_eq!(setting(&plain, "format"), ("\"json\"".into(), place("config.toml:2")));
    let skipped = (r#"["dom-rtc-track-guest"]"#.to_owned(), place("config.d/20-later.toml:2"));
    assert_eq!(setting(&plain, "skip"), skipped);
    assert_eq!(setting(&plain, "only"), ("[]".into(), "default".into()));
    let files = ["config.toml", "config.d/10-early.toml", "config.d/20-later.toml"];
    assert_eq!(json(&plain)["files"], Value::from(files.map(place).to_vec()));

    let set = config(&folder, &[("KVMTIME_FAIL_ON", "never"), ("KVMTIME_COLOUR", "")]);
    assert_eq!(setting(&set, "fail_on"), ("\"never\"".into(), "KVMTIME_FAIL_ON".into()));
    assert_eq!(setting(&set, "colour"), ("\"auto\"".into(), "default".into()));

    let status = |flags: &[&str]| {
        check(
            SICK,
            &[
                &["--config", path(&folder), "--only", "dom-rtc-track-guest,dom-cpu-model-generic"],
                flags,
            ]
            .concat(),
        )
    };
    assert_eq!(rules(&status(&[])), ["dom-cpu-model-generic"], "format and skip come from files");
    assert_eq!(status(&[]).status.code(), Some(1), "fail_on comes from a file");
    assert_eq!(status(&["--fail-on", "warning"]).status.code(), Some(0), "a flag wins");
}

#[test]
fn lists_in_the_environment_are_split_at_commas_and_blanks() {
    let folder = folder(&[("config.toml", "")]);
    let set = config(&folder, &[("KVMTIME_ONLY", "guest-notsc,dom-hpet-enabled guest-divider")]);
    let list = r#"["guest-notsc","dom-hpet-enabled","guest-divider"]"#;
    assert_eq!(setting(&set, "only"), (list.into(), "KVMTIME_ONLY".into()));
    let wrong = config(&folder, &[("KVMTIME_FAIL_ON", "loud")]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = words(&wrong.stderr);
    assert!(
        said.contains("KVMTIME_FAIL_ON: loud is not one of info, warning, error, never"),
        "{said}"
    );
}

#[test]
fn a_wrong_file_is_refused_with_its_line_and_key() {
    for (text, said) in [
        ("\n\nfail_no = 'error'\n", "line 3: unknown field `fail_no`"),
        ("format = 'html'\n", "line 1: format: unknown variant `html`"),
        ("skip = 'guest-notsc'\n", "line 1: skip: invalid type: string"),
        ("[[allow]]\nrule = 'guest-notsc'\n", "line 1: allow: missing field `reason`"),
        ("[[allow]]\nrule = 'guest-notsc'\nreason = ' '\n", ":1: allow: the reason is empty"),
        ("\n[[allow]]\nrule = 'guest-nottsc'\nreason = 'x'\n", ":2: there is no rule guest-nottsc"),
        (
            "[[allow]]\nrule = 'guest-notsc'\nreason = 'x'\nuntil = 'soon'\n",
            "line 4: until: soon is not a date",
        ),
        (
            "[[allow]]\nrule = 'guest-notsc'\nreason = 'x'\nbecause = 'y'\n",
            "line 4: unknown field `because`",
        ),
        ("only = [\n", "line 1: only: "),
        ("\nskip = ['no-such']\n", ":2: there is no rule no-such"),
    ] {
        let folder = folder(&[("config.d/mine.toml", text)]);
        let output = check(SICK, &["--config", path(&folder)]);
        let error = words(&output.stderr);
        assert_eq!(
            (output.status.code(), words(&output.stdout)),
            (Some(2), String::new()),
            "{text}"
        );
        assert!(error.contains("config.d/mine.toml") && error.contains(said), "{text}: {error}");
    }
    let absent = check(SICK, &["--config", "/no/such.toml"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(words(&absent.stderr).contains("cannot read /no/such.toml: not there"));
}

#[test]
fn what_is_allowed_is_counted_apart_and_makes_no_exit_status() {
    let allow = |rule: &str, subject: &str, more: &str| {
        format!("[[allow]]\nrule = '{rule}'\nsubject = '{subject}'\nreason = 'INFRA-1'\n{more}\n")
    };
    let run = |text: &str, flags: &[&str]| {
        let folder = folder(&[("c.toml", text)]);
        let file = folder.path().join("c.toml");
        check(SICK, &[&["--config", file.to_str().unwrap()], flags].concat())
    };
    let both = allow("dom-rtc-track-guest", "domain/w?b*", "until = 2999-12-31")
        + &allow("dom-no-agent-channel", "*", "");
    let plain = json(&run("", &["--format", "json"]));
    let output = run(&both, &["--format", "json"]);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(rules(&output), ["dom-cpu-model-generic"]);
    assert_eq!((&report["summary"]["warning"], &report["summary"]["info"]), (&0.into(), &1.into()));
    for key in ["error", "passed", "skipped"] {
        assert_eq!(report["summary"][key], plain["summary"][key], "{key}");
    }
    assert_eq!(report["summary"].as_object().unwrap().len(), 5, "{report}");
    let text = words(&run(&both, &["-v"]).stdout);
    assert!(text.trim_end().ends_with(", 2 allowed"), "{text}");
    let why = "allowed dom-rtc-track-guest on domain/web01, because INFRA-1";
    assert!(text.contains(why), "{text}");

    let other = run(&allow("dom-rtc-track-guest", "domain/db*", ""), &["--format", "json"]);
    assert_eq!(rules(&other), rules(&run("", &["--format", "json"])));
}

#[test]
fn an_allowance_that_is_over_is_reported_and_allows_nothing() {
    let text = "\n[[allow]]\nrule = 'dom-rtc-track-guest'\nreason = 'until the move'\nuntil = 2001-02-03\n";
    let folder = folder(&[("config.toml", text)]);
    let output = check(SICK, &["--config", path(&folder), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(rules(&output).contains(&"dom-rtc-track-guest".to_owned()));
    let said = words(&output.stderr);
    let place = format!("kvmtime: {}/config.toml:2: ", path(&folder));
    assert!(said.starts_with(&place), "{said}");
    assert!(
        said.contains("dom-rtc-track-guest was allowed on * until 2001-02-03 (until the move)")
    );
    let shown = words(&run(&["config", "--config", path(&folder)]).stdout);
    assert!(shown.contains("config.toml:2, over\n"), "{shown}");
}

#[test]
fn an_allowance_by_the_id_of_a_subject_that_stands_twice() {
    let domains = folder(&[("a.xml", SICK), ("b.xml", SICK)]);
    let place = domains.path().join("b.xml");
    let text = format!(
        "[[allow]]\nrule = 'dom-rtc-track-guest'\nsubject = 'domain/web01@{}'\nreason = 'x'\n",
        place.display()
    );
    let settings = folder(&[("c.toml", &text)]);
    let file = settings.path().join("c.toml");
    let only = ["--only", "dom-rtc-track-guest", "--format", "json"];
    let arguments = ["check", path(&domains), "--config", file.to_str().unwrap()];
    let report = json(&run(&[&arguments[..], &only].concat()));
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["subject"], "domain/web01");
}

#[test]
fn what_config_prints_is_a_file_that_sets_the_same() {
    let text = "fail_on = 'error'\nonly = ['guest-notsc', 'dom-hpet-enabled']\ncolour = 'never'\n\
        [[allow]]\nrule = 'guest-notsc'\nsubject = 'a\"\\u'\nreason = \"it's \\\"so\\\"\\n\"\nuntil = 2030-01-02\n";
    let first = folder(&[("config.toml", text)]);
    let printed = words(&run(&["config", "--config", path(&first)]).stdout);
    let second = folder(&[("config.toml", &printed)]);
    let bare = |folder: &tempfile::TempDir| {
        let shown = json(&config(folder, &[]));
        shown.to_string().replace(path(folder), "")
    };
    let values = |text: String| {
        let shown: Value = serde_json::from_str(&text).unwrap();
        let settings = shown["settings"].as_array().unwrap().iter();
        let values: Vec<Value> = settings.map(|setting| setting["value"].clone()).collect();
        let allow = shown["allow"][0].as_object().unwrap().clone();
        let allow: Vec<Value> =
            ["rule", "subject", "reason", "until"].map(|key| allow[key].clone()).to_vec();
        (values, allow)
    };
    assert_eq!(values(bare(&second)), values(bare(&first)), "{printed}");
}

#[test]
fn what_is_stated_of_guests_grades_what_is_found() {
    let severity = |flags: &[&str]| {
        let output =
            check(SICK, &[&["--format", "json", "--only", "dom-rtc-track-guest"], flags].concat());
        json(&output)["findings"][0]["severity"].as_str().unwrap().to_owned()
    };
    assert_eq!(severity(&[]), "warning");
    assert_eq!(severity(&["--lifecycle", "pinned"]), "info");
    assert_eq!(severity(&["--lifecycle", "paused,saved"]), "warning");
    let folder = folder(&[("config.toml", "lifecycle = ['pinned']\nbudget = 'ceph'\n")]);
    assert_eq!(severity(&["--config", path(&folder)]), "info");
    let shown = config(&folder, &[("KVMTIME_LIFECYCLE", "saved, migrated")]);
    let from_environment = (r#"["saved","migrated"]"#.to_owned(), "KVMTIME_LIFECYCLE".to_owned());
    assert_eq!(setting(&shown, "lifecycle"), from_environment);
    let place = format!("{}/config.toml:2", path(&folder));
    assert_eq!(setting(&shown, "budget"), (r#""ceph""#.into(), place));
}

#[test]
fn what_cannot_be_stated_or_asked_is_refused() {
    for (flags, why) in [
        (["--lifecycle", "pinned,paused"], "--lifecycle: what is pinned is nothing else besides"),
        (["--budget", "soon"], "--budget: soon is neither a number of seconds nor one of ceph"),
    ] {
        let output = check(SICK, &flags);
        assert_eq!(output.status.code(), Some(2));
        assert!(words(&output.stderr).contains(why), "{output:?}");
    }
}

#[test]
fn who_asks_for_a_budget_is_told_that_it_holds() {
    let cases =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/clock-error-exceeds-budget");
    let said = |case: &str, flags: &[&str]| {
        let mut command = kvmtime();
        let target = cases.join(case).to_string_lossy().into_owned();
        command.args(["check", "--as", "guest", "--budget", "ceph", &target]).args(flags);
        words(&command.output().unwrap().stdout)
    };
    let holds = "the clock keeps within 25 ms for `ceph`: +2.1 ms ± 9.7 ms, 13.2 ms to spare";
    assert!(said("quiet", &[]).contains(&format!("guest: {holds}\n")));
    assert!(said("quiet", &["--format", "markdown"]).contains("within 25 ms for `ceph`: +2.1 ms"));
    assert!(!said("quiet", &["--quiet"]).contains("to spare"));
    assert!(!said("quiet", &["--skip", "clock-error-exceeds-budget"]).contains("to spare"));
    assert!(
        said("skips", &[])
            .contains("is not known, because chronyc -n tracking: chronyd follows no source")
    );
    assert!(!said("fires", &[]).contains("to spare"));
}

#[test]
fn colour_is_a_matter_of_flags_and_variables() {
    let coloured = |output: &Output| words(&output.stdout).contains('\u{1b}');
    assert!(!coloured(&check(SICK, &[])));
    assert!(coloured(&check(SICK, &["--colour", "always"])));
    assert!(coloured(&check(SICK, &["--color=always"])));
}

/// Every page that a reader may copy from.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

#[test]
fn every_example_in_the_documentation_is_a_right_configuration() {
    let mut examples = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for part in text.split("```toml\n").skip(1) {
            let example = part.split("```").next().unwrap();
            let folder = folder(&[("config.toml", example)]);
            let output = config(&folder, &[]);
            let said = words(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{}: {said}\n{example}", page.display());
            examples += 1;
        }
    }
    assert!(examples > 0, "no page has an example");
}
