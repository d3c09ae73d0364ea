//! Real guests that wake in the past, set by `kvmtime sync` and looked at by another way than it does.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod answering;
mod guests;
mod lacking;
mod report;
mod run;

use std::time::Duration;

use answering::{STAY, measure, measurements, socket};
use guests::Guest;
use lacking::{Lacking, need};
use run::{json, kvmtime};
use serde_json::Value;

/// Answers, and stays.
fn guest() -> Result<Guest, Lacking> {
    answering::guest(&format!("echo sync me\n{STAY}"), &[])
}

fn of(command: &str, guest: &Guest, options: &[&str]) -> Value {
    let (agent, monitor) = (socket(guest, "agent.sock"), socket(guest, "monitor"));
    let history = socket(guest, "history.sqlite");
    let arguments =
        [command, "--qga", &agent, "--qmp", &monitor, "--history", &history, "--format", "json"];
    let output = kvmtime().args(arguments).args(options).output().unwrap();
    json(&output)["guests"][0].clone()
}

/// Guest − host by the echo.
fn echo(guest: &Guest) -> (i64, i64) {
    let echo = socket(guest, "echo.sock");
    let found = measurements(measure(&["--echo", &echo, "--duration", "1s", "--interval", "20ms"]));
    let offset = &found[0]["offset"];
    (offset["lo"].as_i64().unwrap(), offset["hi"].as_i64().unwrap())
}

#[test]
fn a_guest_that_was_stopped_is_right_again() {
    let Some(mut guest) = need(guest()) else { return };
    guest.says("sync me");
    for _ in 0..3 {
        guest.pause(Duration::from_secs(2));
        let found = of("sync", &guest, &[]);
        assert_eq!(found["outcome"], "corrected", "{found}");
        let (lo, hi) = echo(&guest);
        assert!(lo > -10_000_000 && hi < 10_000_000, "{lo} {hi}: {found}");
    }
}

#[test]
fn pause_and_resume_are_a_pair() {
    let Some(mut guest) = need(guest()) else { return };
    guest.says("sync me");
    let found = of("pause", &guest, &[]);
    assert_eq!(found["outcome"], "paused", "{found}");
    assert_eq!(of("sync", &guest, &[])["why"], "paused");
    let start = std::time::Instant::now();
    assert_eq!(of("sync", &guest, &["--wait", "--timeout", "1s"])["why"], "paused");
    assert!(start.elapsed() > Duration::from_millis(500));
    std::thread::sleep(Duration::from_secs(3));
    let found = of("resume", &guest, &[]);
    assert_eq!(found["outcome"], "corrected", "{found}");
    let (host, lost) = (&found["gap"]["host"], &found["gap"]["guest"]);
    assert!(host["lo"].as_i64().unwrap() > 3_000_000_000, "{host}");
    // Its clock stood as long as it did.
    assert!(
        host["lo"].as_i64() <= lost["hi"].as_i64() && lost["lo"].as_i64() <= host["hi"].as_i64()
    );
    let (lo, hi) = echo(&guest);
    assert!(lo > -10_000_000 && hi < 10_000_000, "{lo} {hi}");
    // Who runs is only looked at.
    assert_eq!(of("resume", &guest, &[])["outcome"], "in-sync");
    // One who was let go on by others, and stopped, did not stand all the time.
    of("pause", &guest, &[]);
    guest.pause(Duration::ZERO);
    std::thread::sleep(Duration::from_secs(3));
    guests::Monitor::of(&guest.path("")).execute("stop");
    let found = of("resume", &guest, &[]);
    assert_eq!(
        (&found["outcome"], &found["gap"]["host"]),
        (&"corrected".into(), &Value::Null),
        "{found}"
    );
}
