//! What is said of looks that were recorded in a guest without KVM, each 2 ms, while something was done to it for two seconds.
#![expect(clippy::unwrap_used, reason = "tests read what they wrote")]

use kvmtime_core::events::{Counted, Event, Look, Watch, What};
use kvmtime_core::reading::Moment;
use kvmtime_core::units::Nanos;

/// What was done; then of each look that says something when it was due, when it came, how long the one before took and how long
/// the watch had waited for the guest's CPU by then, all µs, and what its kernel had counted, in ticks of 10 ms.
const RECORDED: &str = include_str!("events.txt");

fn look(line: &str) -> Look {
    let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    let [due, woken, took, waited, ticks] = numbers[..] else { panic!("{line}") };
    let us = |us: i64| Nanos(us * 1000);
    Look {
        moment: Moment { monotonic: us(woken), ..Moment::default() },
        due: Some(us(due)),
        took: us(took),
        waited: Some(us(waited)),
        counted: Some(Counted { cpu: 0, time: us(ticks * 10_000), steal: Nanos(0) }),
        ..Look::default()
    }
}

fn told(looks: &str) -> Vec<Event> {
    let mut watch = Watch::default();
    let mut events: Vec<Event> = looks.lines().flat_map(|line| watch.look(look(line))).collect();
    events.extend(watch.end());
    events
}

#[test]
fn one_stop_is_told_from_too_little_time_also_on_a_busy_host() {
    for part in RECORDED.split("= ").skip(1) {
        let (title, looks) = part.split_once('\n').unwrap();
        let events = told(looks);
        let kinds: Vec<What> = events.iter().map(|event| event.what).collect();
        match title.split([' ', ',']).next().unwrap() {
            "SIGSTOP" => {
                assert_eq!(kinds.first(), Some(&What::Stalled), "{title}: {events:?}");
                let size = events[0].size.unwrap();
                assert!((size.lo - Nanos(2_000_000_000)).abs() < Nanos(80_000_000), "{size:?}");
                // Whatever the host does besides.
                let long = |event: &Event| event.size.unwrap().lo > Nanos(200_000_000);
                let rest = events[1..].iter().filter(|event| long(event));
                assert!(rest.clone().all(|event| event.what == What::Starved), "{events:?}");
                assert_eq!(rest.count() > 0, title.contains("busy"), "{title}: {events:?}");
            }
            "nothing" => assert_eq!(events, [], "{title}"),
            _ => {
                assert_eq!(kinds, [What::Starved], "{title}: {events:?}");
                let size = events[0].size.unwrap();
                assert!(size.lo > Nanos(1_200_000_000), "{title}: {events:?}");
            }
        }
    }
}
