//! Guest agents at a socket, well and sick: what they are asked, told and believed.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod qga;
mod run;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use qga::{Agent, GET, Patient, SYNC, Sick};
use run::kvmtime;
use serde_json::json;

const BEHIND: Duration = Duration::from_secs(10);

/// Sicknesses of a question after which nobody can know the time.
fn hopeless() -> Vec<(&'static str, Sick)> {
    let refused = Sick::Refused("CommandNotFound", "Command guest-get-time has been disabled");
    vec![
        ("silent", Sick::Silent),
        ("half", Sick::Half),
        ("garbage", Sick::Garbage),
        ("endless", Sick::Endless(64 << 20)),
        ("deep", Sick::Deep(1_000_000)),
        ("no JSON", Sick::Line("{\"return\": 17957666020")),
        ("refused", refused),
        ("hangs up", Sick::HangsUp),
        ("large", Sick::Says(json!(u64::MAX))),
        ("very large", Sick::Says(json!(1e30))),
        ("broken", Sick::Says(json!(1.5))),
        ("words", Sick::Says(json!("1795766602065072000"))),
        ("nothing", Sick::Says(json!({}))),
    ]
}

fn measure(agent: &Agent) -> Child {
    let mut measure = kvmtime();
    measure.args(["measure", "--format", "json", "--duration", "200ms", "--interval", "20ms"]);
    measure.args(["--qga", &agent.socket()]);
    measure.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_well_agent_is_measured_as_it_is() {
    let agent = Patient::behind(BEHIND).start();
    let found = run::json(&measure(&agent).wait_with_output().unwrap());
    let offset = &found["measurements"][0]["offset"];
    let (lo, hi) = (offset["lo"].as_i64().unwrap(), offset["hi"].as_i64().unwrap());
    assert!(lo <= agent.offset() && agent.offset() <= hi, "{offset}");
    assert!(agent.sets().is_empty());
    assert!(agent.asked().contains(&SYNC.to_owned()) && agent.asked().contains(&GET.to_owned()));
}

#[test]
fn a_sick_agent_is_measured_by_an_error_and_in_time() {
    let start = Instant::now();
    let agents = hopeless()
        .into_iter()
        .map(|(name, sick)| (name, Patient::behind(BEHIND).sick(GET, sick).start()));
    let all: Vec<_> = agents.map(|(name, agent)| (name, measure(&agent), agent)).collect();
    for (name, child, agent) in all {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.starts_with("kvmtime: "), "{name}: {said}");
        assert!(agent.sets().is_empty());
    }
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_time_that_no_clock_shows_is_no_panic() {
    let agents = [-1, i64::MIN, i64::MAX].map(|time| {
        let agent = Patient::behind(BEHIND).sick(GET, Sick::Says(json!(time))).start();
        (measure(&agent), agent)
    });
    for (child, agent) in agents {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{}: {said}", output.status);
        assert!(agent.sets().is_empty());
    }
}
