//! `kvmtime explain` as a tired administrator meets it.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod run;

use std::process::Output;

use run::{given, json, run, unread, words};
use serde_json::Value;

/// The line in a guest of RHEL 6 that many blogs answer with a kernel parameter.
const UNSTABLE: &str = "[2423264.824259] Clocksource tsc unstable (delta = 6824818792 ns).  Enable clocksource failover by adding \
    clocksource_failover kernel parameter.";

fn explain(arguments: &[&str]) -> Output {
    run(&[&["explain"], arguments].concat())
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn a_log_line_is_explained_with_what_it_saw_its_writer_and_its_rules() {
    let output = explain(&[UNSTABLE]);
    let text = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("saw     the watchdog saw tsc off by 6.82 s"), "{text}");
    for part in [
        "\nmeans   ",
        "\nnext    - ",
        "\nrules   - log-tsc-unstable: ",
        "guest-clocksource-failover-param",
        "\nfrom    Linux kernel, 2.6.32 of RHEL",
        "\nmatch   exact wording\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains('\u{1b}'), "colour off a terminal: {text}");
}

#[test]
fn lines_are_no_longer_than_a_terminal_but_for_words_that_are() {
    for arguments in [&[UNSTABLE][..], &["--symptom", "clock behind after resume"]] {
        let text = words(&explain(arguments).stdout);
        for line in text.lines() {
            assert!(line.chars().count() <= 80 || line.split_whitespace().count() <= 2, "{line}");
        }
    }
}

#[test]
fn words_need_no_quotes() {
    let quoted = explain(&["System clock wrong by 4.005564 seconds"]);
    let bare = explain(&["System", "clock", "wrong", "by", "4.005564", "seconds"]);
    assert_eq!(words(&quoted.stdout), words(&bare.stdout));
    assert!(words(&bare.stdout).contains("off by 4.01 s"));
}

#[test]
fn a_log_on_standard_input_is_explained_the_worst_first_and_what_is_normal_last() {
    let log = include_bytes!("../../wire/tests/logs/6.12.log");
    let text = words(&given(&["explain", "-"], log).stdout);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
    assert!(at("tsc off by -2.37 ms") < at("CPU 3 did not get on for 22 s"), "{text}");
    assert!(at("line    16 and one more: ") < at("CPU 3 did not get on"), "{text}");
    assert!(at("CPU 3 did not get on") < at("\nnormal  line 1: "), "{text}");
    assert!(!text.contains("is current clocksource"), "details have a line of their own: {text}");
}

#[test]
fn messages_as_json_have_their_shape() {
    let report = json(&given(&["explain", "-", "--format", "json"], UNSTABLE.as_bytes()));
    assert_eq!(report["schema"], "kvmtime.explain/1");
    assert_eq!(keys(&report), ["lines", "schema"]);
    let line = &report["lines"][0];
    assert_eq!(keys(line), ["line", "matches", "text", "times"]);
    let found = &line["matches"][0];
    assert_eq!(
        keys(found),
        [
            "certainty",
            "id",
            "matter",
            "meaning",
            "next",
            "rules",
            "saw",
            "source",
            "speaker",
            "values",
            "versions",
            "wording"
        ]
    );
    assert_eq!((&found["certainty"], &found["speaker"]), (&"exact".into(), &"kernel".into()));
    assert_eq!(found["values"]["delta"]["text"], "6824818792");
    assert_eq!(found["values"]["delta"]["unit"], "ns");
}

#[test]
fn a_rule_as_json_has_its_page() {
    let report = json(&explain(&["dom-rtc-track-guest", "--format", "json"]));
    assert_eq!(report["schema"], "kvmtime.explain/1");
    assert_eq!(report["rule"]["id"], "dom-rtc-track-guest");
    assert!(report["rule"]["page"].as_str().unwrap().contains("## What to do"));
}

#[test]
fn how_sure_it_is_is_told() {
    for (text, sure) in [
        ("chronyd[1]: Can't synchronise: no selectable sources", "exact wording"),
        ("kernel reports TIME_ERROR: 0x6041: Clock Un>", "same words in a part"),
        ("w32time event 36 again", "same words in a part"),
        ("chronyd cannot synchronise, selectable sources", "only keywords"),
    ] {
        let output = explain(&[text]);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(
            words(&output.stdout).contains(&format!("match   {sure}\n")),
            "{text}: {}",
            words(&output.stdout)
        );
    }
}

#[test]
fn what_is_not_known_is_no_guess() {
    for text in ["the printer is on fire", "eth0: link becomes ready", ""] {
        let output = explain(&[text]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(words(&output.stdout), "");
        let error = words(&output.stderr);
        assert!(error.starts_with("kvmtime: no message") && error.contains("--symptom"), "{error}");
    }
    assert_eq!(explain(&[]).status.code(), Some(2));
}

#[test]
fn a_wrong_rule_still_gets_its_neighbour() {
    let output = explain(&["guest-chrony-makestep"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output.stderr).contains("did you mean guest-chrony-makestep-limited?"));
}

#[test]
fn a_symptom_has_ranked_causes_each_with_why_how_to_confirm_and_rules() {
    let output = explain(&["--symptom", "clock behind after resume"]);
    let text = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(text.starts_with("1.      The guest was paused"), "{text}");
    for part in [
        "\nwhy     ",
        "\nconfirm - ",
        "virsh domtime",
        "\nrules   - guest-chrony-makestep-limited: ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let bare = explain(&["--symptom", "clock", "behind", "after", "resume", "--format", "json"]);
    let report = json(&bare);
    assert_eq!(keys(&report), ["causes", "schema", "symptom"]);
    assert_eq!(report["symptom"], "clock behind after resume");
    let cause = &report["causes"][0];
    assert_eq!(keys(cause), ["cause", "confirm", "fit", "id", "rules", "symptom", "why"]);
    assert_eq!(cause["id"], "paused");
}

#[test]
fn a_symptom_that_is_not_known_shows_those_that_are() {
    let output = explain(&["--symptom", "the printer is on fire"]);
    let error = words(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error.contains("hint: ") && error.contains("\n  clock behind after resume\n"),
        "{error}"
    );
    assert!(error.lines().count() > 15, "{error}");
    assert_eq!(
        explain(&["--symptom", "x", "dom-rtc-track-guest", "--format"]).status.code(),
        Some(2)
    );
}

/// Every rule that an explanation names has a page.
#[test]
fn explanations_lead_on_to_pages() {
    let report = json(&explain(&["--symptom", "clock wrong after migration", "--format", "json"]));
    let rules = report["causes"][0]["rules"].as_array().unwrap();
    assert!(!rules.is_empty());
    for rule in rules {
        let page = explain(&[rule.as_str().unwrap()]);
        assert!(words(&page.stdout).starts_with(&format!("# {}\n", rule.as_str().unwrap())));
    }
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut noise: Vec<u8> =
        (0..40_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    noise.extend(b"\n[ 1.0] clocksource: Switched to clocksource hpet\n\0\xff\xfe");
    let output = given(&["explain", "-", "--format", "json"], &noise);
    assert_ne!(output.status.code(), None, "it was killed");
    assert!(!words(&output.stderr).contains("panicked"), "{}", words(&output.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let output = unread(&["explain", "-"], UNSTABLE);
    assert_eq!((output.status.code(), words(&output.stderr)), (Some(0), String::new()));
}
