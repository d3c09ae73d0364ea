//! Every message is found by its own example, and leads somewhere.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::rules;

fn only(text: &str) -> Explained {
    let mut found = explain(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.remove(0)
}

#[test]
fn every_message_matches_its_example_and_no_other() {
    for message in all() {
        let said = plain(message.example);
        for (other, wording) in WORDINGS.iter() {
            let matches = wording.whole(&said).is_some();
            assert_eq!(matches, other.id == message.id, "{} and {}: {said}", message.id, other.id);
        }
        let found = only(message.example);
        assert_eq!(found.matches[0].message.id, message.id);
        assert_eq!(found.matches[0].certainty, Certainty::Exact);
    }
}

#[test]
fn every_example_fills_what_its_line_saw() {
    for message in all().filter(|message| !message.saw.is_empty()) {
        let saw = only(message.example).matches.remove(0).saw;
        assert!(
            saw.as_ref().is_some_and(|saw| !saw.contains(['{', '}'])),
            "{}: {saw:?}",
            message.id
        );
    }
}

#[test]
fn ids_are_unique_rules_exist_and_nothing_is_left_out() {
    let mut ids = HashSet::new();
    for message in all() {
        assert!(ids.insert(message.id), "{} stands twice", message.id);
        for rule in message.rules {
            assert!(rules::find(rule).is_some(), "{} names {rule}, which is no rule", message.id);
        }
        for text in [message.versions, message.wording, message.meaning, message.source] {
            assert!(!text.is_empty(), "{}", message.id);
        }
        assert!(!message.next.is_empty(), "{}", message.id);
        let place =
            [".c", ".h", ".rst", ".dll", ".exe"].iter().any(|end| message.source.contains(end));
        assert!(place, "{} is from {}", message.id, message.source);
        assert!(!message.meaning.contains("  "), "{}: {}", message.id, message.meaning);
        let judged = message.matter == Matter::Trouble && message.speaker != Speaker::W32time;
        let known = !message.rules.is_empty()
            || ["no-reset-reinjection", "time-too-big", "chronyc-not-authorised"]
                .contains(&message.id);
        assert!(!judged || known, "{} points to no rule", message.id);
    }
    assert!(ids.len() >= 60, "{} messages", ids.len());
}

#[test]
fn every_speaker_is_heard() {
    let speakers: HashSet<&str> = all().map(|message| message.speaker.name()).collect();
    assert_eq!(speakers.len(), 14, "{speakers:?}");
}

#[test]
fn the_numbers_of_the_watchdog_are_told_from_the_lines_below_it() {
    let log = include_str!("../../../wire/tests/logs/6.1.log");
    let found = explain(log);
    let skew = found.iter().find(|line| line.matches[0].message.id == "watchdog-skew-cpu").unwrap();
    let saw = skew.matches[0].saw.as_deref();
    assert_eq!(saw, Some("the watchdog saw tsc off by 2.68 ms in one interval"));
    assert!(found.iter().all(|line| line.matches[0].message.matter != Matter::Detail));
    assert!(found.is_sorted_by_key(|line| line.matches[0].message.matter));
}

#[test]
fn a_part_is_told_from_the_whole() {
    let part = only(
        "he said: got clocksource tsc unstable? no: Clocksource tsc unstable (delta = -7 ns), again",
    );
    assert_eq!(part.matches[0].certainty, Certainty::Part);
    assert_eq!(part.matches[0].message.id, "clocksource-unstable-delta");
    let cut =
        only("May 21 11:48:45 debian ntpd[11036]: kernel reports TIME_ERROR: 0x6041: Clock Un>");
    assert_eq!(
        (cut.matches[0].message.id, cut.matches[0].certainty),
        ("time-error", Certainty::Part)
    );
    let number = only("Event ID: 36 Source: W32Time");
    assert_eq!(number.matches[0].message.id, "w32time-not-synchronized");
}

#[test]
fn a_wording_that_only_the_log_parser_knows_is_a_part() {
    let line = "clocksource: Switched to clocksource riscv_clocksource";
    let found = only(line);
    assert_eq!(found.matches[0].certainty, Certainty::Part);
    assert_eq!(
        found.matches[0].saw.as_deref(),
        Some("the kernel reads riscv_clocksource from here on")
    );
}

#[test]
fn words_alone_give_candidates() {
    let found = only("chronyd selectable sources synchronise");
    assert_eq!(found.matches[0].certainty, Certainty::Keywords);
    assert_eq!(found.matches[0].message.id, "no-selectable");
    assert!(found.matches.len() <= 3);
    for text in
        ["", "   \n\n", "the quick brown fox jumps over the lazy dog", "eth0: link up", "1 2 3 4"]
    {
        assert!(explain(text).is_empty(), "{text}: {:?}", explain(text));
    }
}

#[test]
fn lines_that_say_the_same_are_counted() {
    let found = explain("hrtimer: interrupt took 1 ns\nx\nhrtimer: interrupt took 2 ns\n");
    assert_eq!((found.len(), found[0].line, found[0].times), (1, 1, 2));
}

/// Lines of the fixtures that say nothing about time.
const SILENT: [&str; 13] = [
    "Freeing unused kernel memory",
    "Machine Check Exception",
    "rip default_idle",
    "resume of devices complete",
    "Restarting tasks",
    "iwlwifi",
    "libvirt version",
    "shutting down",
    "initiating migration",
    "info : libvirt",
    "starting up",
    "Hardware Error",
    "Q 30 is active",
];

macro_rules! logs {
    ($($name:literal)+) => { [$(($name, include_str!(concat!("../../../wire/tests/logs/", $name, ".log")))),+] };
}

#[test]
fn every_line_of_real_logs_that_speaks_of_time_is_understood() {
    let logs = logs! {
        "2.6.9" "2.6.18" "2.6.24" "2.6.32-el6" "3.10" "4.1" "4.4" "4.9" "4.18" "5.10" "5.15" "6.1" "6.12" "7.2"
        "chronyd" "libvirt" "ntpd" "qemu"
    };
    for (name, log) in logs {
        for (index, line) in log.lines().enumerate() {
            let found = explain(line);
            let sure =
                found.first().is_some_and(|line| line.matches[0].certainty <= Certainty::Part);
            let silent =
                SILENT.iter().any(|text| line.contains(text)) && !klog::concerns_time(line);
            assert!(sure != silent, "{name} line {}: {line}: {found:?}", index + 1);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,300}") {
        explain(&text);
    }

    #[test]
    fn no_mangled_message_makes_it_panic(
        index in 0..1000usize, cut in 0..200usize, insert in "\\PC{0,8}", twice in any::<bool>(),
    ) {
        let example = all().nth(index % all().count()).unwrap().example;
        let at = example.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(example.len());
        let text = format!("{}{insert}{}", &example[..at], if twice { example } else { &example[at..] });
        explain(&text);
        explain(&text[..at]);
    }
}
