//! Guest agents at a socket, well and sick: what they are asked, told and believed.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

#[cfg(feature = "libvirt")]
mod lacking;
mod qga;
mod run;

#[cfg(feature = "libvirt")]
use std::os::unix::net::{UnixListener, UnixStream};
#[cfg(feature = "libvirt")]
use std::process::Command;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

#[cfg(feature = "libvirt")]
use lacking::{Lacking, need};
use qga::{Agent, GET, Patient, SET, SYNC, Sick};
use run::kvmtime;
use serde_json::{Value, json};

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

fn sync(agent: &Agent, options: &[&str]) -> Child {
    let history = format!("{}.history", agent.socket());
    let mut sync = kvmtime();
    sync.args(["sync", "--format", "json", "--qga", &agent.socket(), "--history", &history]);
    sync.args(options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn synced(child: Child) -> (Option<i32>, Value) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "{}", output.status);
    (output.status.code(), run::synced(&output)["guests"][0].clone())
}

/// What may be off when all is said to be right.
const TOLERANCE: u64 = 10_000_000;

#[test]
fn a_clock_is_set_until_it_is_right() {
    let fixed = [
        ("well", Patient::behind(BEHIND)),
        ("ahead", Patient::ahead(BEHIND)),
        ("far", Patient::behind(Duration::from_secs(400 * 24 * 3600))),
        ("slow", Patient::behind(BEHIND).sick(SET, Sick::Slow(Duration::from_millis(300)))),
        ("hwclock fails", Patient::behind(BEHIND).sick(SET, Sick::HWCLOCK_FAILED)),
        ("late", Patient::behind(BEHIND).sick_in(SET, 0..1, Sick::Late(Duration::from_secs(7)))),
        ("silent once", Patient::behind(BEHIND).sick_in(SET, 0..1, Sick::Silent)),
        ("garbage once", Patient::behind(BEHIND).sick_in(GET, 0..1, Sick::Garbage)),
        ("hurried", Patient::behind(BEHIND).sick_in(GET, 1..3, Sick::Late(Duration::from_secs(1)))),
    ];
    let all: Vec<_> = (fixed.into_iter())
        .map(|(name, patient)| (name, patient.start()))
        .map(|(name, agent)| (name, sync(&agent, &["--timeout", "20s"]), agent))
        .collect();
    for (name, child, agent) in all {
        let (status, found) = synced(child);
        assert_eq!((status, &found["outcome"]), (Some(0), &json!("corrected")), "{name}: {found}");
        assert!(agent.offset().unsigned_abs() <= TOLERANCE, "{name}: {}", agent.offset());
        assert!(agent.sets().iter().all(|set| set.time.is_i64()), "{name}: {:?}", agent.sets());
    }
}

#[test]
fn a_sick_agent_has_a_name_and_its_clock_is_left_alone() {
    let names = |name: &str| match name {
        "silent" | "half" => "agent-silent",
        "refused" => "command-blocked",
        "hangs up" => "agent-gone",
        "large" | "very large" | "broken" | "words" | "nothing" => "agent-time-out-of-range",
        _ => "agent-garbage",
    };
    let all: Vec<_> = (hopeless().into_iter())
        .map(|(name, sick)| (name, Patient::behind(BEHIND).sick(GET, sick).start()))
        .map(|(name, agent)| (name, sync(&agent, &["--timeout", "3s"]), agent))
        .collect();
    for (name, child, agent) in all {
        let (status, found) = synced(child);
        assert_eq!((status, &found["why"]), (Some(2), &json!(names(name))), "{name}: {found}");
        assert!(agent.sets().is_empty(), "{name}");
    }
}

#[test]
fn a_clock_that_cannot_be_set_is_told_by_name() {
    let refused = [
        ("command-blocked", Sick::DISABLED),
        ("command-blocked", Sick::DISABLED_ONCE),
        ("no-hwclock", Sick::NO_HWCLOCK),
        ("clock-not-moved", Sick::Idle),
        ("clock-not-moved", Sick::Fought(Duration::ZERO)),
        ("set-unanswered", Sick::Silent),
    ];
    let all: Vec<_> = (refused.into_iter())
        .map(|(name, sick)| {
            // Who does not say that he was told a time does not say anything afterwards.
            let deaf = matches!(sick, Sick::Silent);
            let agent = Patient::behind(BEHIND).sick(SET, sick);
            let agent = if deaf { agent.sick_in(SYNC, 1..usize::MAX, Sick::Silent) } else { agent };
            (name, agent.start())
        })
        .map(|(name, agent)| (name, sync(&agent, &["--timeout", "3s"]), agent))
        .collect();
    for (name, child, _agent) in all {
        let (status, found) = synced(child);
        assert_eq!(found["why"], name, "{found}");
        assert!(matches!(status, Some(1 | 2)), "{name}: {status:?}");
        assert!(found["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{found}");
    }
}

#[test]
fn a_policy_is_kept() {
    let second = Duration::from_secs(1);
    let cases: [(&[&str], Patient, &str, i32); 7] = [
        (&["--max-step", "5s"], Patient::behind(BEHIND), "too-far", 1),
        (&["--never-backwards"], Patient::ahead(BEHIND), "backwards", 1),
        (&["--only-if-behind"], Patient::ahead(BEHIND), "left-ahead", 0),
        (&["--slew"], Patient::behind(BEHIND), "cannot-slew", 1),
        (&["--dry-run"], Patient::behind(BEHIND), "would-set", 1),
        (
            &["--tolerance", "1us", "--timeout", "1s"],
            Patient::ahead(Duration::ZERO),
            "bound-too-wide",
            1,
        ),
        (&["--tolerance", "2s"], Patient::behind(second), "in-sync", 0),
    ];
    for (options, patient, expected, expected_status) in cases {
        let agent = patient.start();
        let (status, found) = synced(sync(&agent, options));
        let what = if found["outcome"] == "refused" { &found["why"] } else { &found["outcome"] };
        assert_eq!((what, status), (&json!(expected), Some(expected_status)), "{found}");
        assert!(agent.sets().is_empty(), "{expected}: {:?}", agent.sets());
    }
}

#[test]
fn what_a_slow_way_spoils_is_mended() {
    let slow = Sick::Slow(Duration::from_millis(300));
    let agent = Patient::behind(Duration::from_millis(50)).sick_in(SET, 0..1, slow).start();
    let (_, found) = synced(sync(&agent, &["--max-step", "100ms"]));
    assert_eq!(found["outcome"], "corrected", "{found}");
    assert!(agent.offset().unsigned_abs() <= TOLERANCE, "{}: {found}", agent.offset());
}

#[test]
fn two_at_once_are_no_harm() {
    let agent = Patient::behind(BEHIND).start();
    let both = [sync(&agent, &[]), sync(&agent, &[])];
    for child in both {
        assert_eq!(synced(child).0, Some(0));
    }
    assert!(agent.offset().unsigned_abs() <= TOLERANCE, "{}", agent.offset());
}

#[test]
fn a_windows_is_known_as_well_as_its_clock_ticks() {
    let all: Vec<_> = (0..6)
        .map(|n| Patient::behind(Duration::from_millis(n * 7)).windows().start())
        .map(|agent| (sync(&agent, &["--dry-run", "--tolerance", "1ms"]), agent))
        .collect();
    for (child, agent) in all {
        let (_, found) = synced(child);
        let [lo, hi] = ["lo", "hi"].map(|end| found["residual"][end].as_i64().unwrap());
        let truth = agent.offset();
        assert!(lo <= truth && truth <= hi, "{truth}: {found}");
    }
    let agent = Patient::behind(BEHIND).windows().start();
    let (status, found) = synced(sync(&agent, &["--tolerance", "30ms"]));
    assert_eq!((status, &found["outcome"]), (Some(0), &json!("corrected")), "{found}");
    assert!(agent.offset().unsigned_abs() <= 3 * TOLERANCE, "{}: {found}", agent.offset());
    // The form without a time would have it ask its own time source.
    assert!(agent.sets().iter().all(|set| set.time.is_i64()), "{:?}", agent.sets());
}

const RESET: &str = "chronyc reset sources";
const BURST: &str = "chronyc burst 2/4";
const RESYNC: &str = "w32tm /resync /nowait";

#[test]
fn the_daemon_in_a_guest_is_told() {
    let linux = || Patient::behind(BEHIND);
    let windows = || linux().windows();
    let cases: [(Patient, &str, &[&str]); 7] = [
        (linux().runs(&[(RESET, 0), (BURST, 0)]), "chronyd", &[RESET, BURST]),
        // Before chrony 4.0 there is no such command.
        (linux().runs(&[(RESET, 1), (BURST, 0)]), "chronyd", &[RESET, BURST]),
        (
            linux().runs(&[(RESET, 1), (BURST, 1)]),
            "nobody: chronyc burst 2/4 ends with status 1",
            &[RESET, BURST],
        ),
        (linux().runs(&[]), "nobody: it has no chronyc", &[]),
        (windows().runs(&[(RESYNC, 0)]), "W32Time", &[RESYNC]),
        (
            windows().runs(&[(RESYNC, 1)]),
            "nobody: w32tm /resync /nowait ends with status 1",
            &[RESYNC],
        ),
        (
            windows(),
            "nobody: its agent may not do that: The command guest-exec has not been found",
            &[],
        ),
    ];
    for (patient, told, ran) in cases {
        let agent = patient.start();
        let (status, found) = synced(sync(&agent, &["--tolerance", "30ms"]));
        assert_eq!((status, &found["told"]), (Some(0), &json!(told)), "{found}");
        assert_eq!(agent.ran(), ran);
    }
}

#[test]
fn a_clock_that_is_slewed_is_not_set() {
    let agent = Patient::behind(BEHIND).runs(&[(RESET, 0), (BURST, 0)]).start();
    let (status, found) = synced(sync(&agent, &["--slew", "--timeout", "2s"]));
    assert_eq!((status, &found["outcome"]), (Some(1), &json!("slewing")), "{found}");
    assert!(agent.sets().is_empty());
}

#[test]
fn a_host_that_is_not_synchronised_is_told_of_and_may_forbid_it() {
    let check = ["check", "host", "--only", "host-unsynchronised", "--format", "json"];
    let check = run::json(&kvmtime().args(check).output().unwrap());
    let agent = Patient::behind(BEHIND).start();
    let (status, found) = synced(sync(&agent, &["--only-if-synchronised"]));
    let words = match &check["findings"][0]["message"] {
        Value::String(words) => words,
        _ if check["skipped"][0].is_null() => {
            assert_eq!(status, Some(0), "{found}");
            return;
        }
        _ => "not known",
    };
    assert_eq!((status, &found["why"]), (Some(1), &json!("host-unsynchronised")), "{found}");
    assert!(found["message"].as_str().unwrap().contains(words), "{found}");
    assert!(agent.sets().is_empty());
    let output = sync(&agent, &[]).wait_with_output().unwrap();
    let said = &run::json(&output)["host"];
    assert!(words == "not known" || said == words, "{said}");
}

#[test]
#[cfg(feature = "libvirt")]
fn who_hears_nothing_from_libvirt_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("libvirt");
    let libvirt = UnixListener::bind(&socket).unwrap();
    let mut sync = kvmtime();
    sync.args(["sync", "web01", "--connect"]);
    sync.arg(format!("qemu+unix:///system?socket={}", socket.display()));
    let mut sync = sync.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let Some(_asked) = need(called(&mut sync, &libvirt)) else { return };
    let interrupt = || {
        let pid = sync.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    };
    // The first is a wish, which nobody there hears.
    interrupt();
    std::thread::sleep(Duration::from_millis(500));
    interrupt();
    let start = Instant::now();
    while sync.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            sync.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[cfg(feature = "libvirt")]
fn a_libvirt_that_is_not_there_is_no_agent_that_went_away() {
    let nowhere = "qemu+unix:///system?socket=/nowhere";
    let mut sync = kvmtime();
    let folder = tempfile::tempdir().unwrap();
    sync.args(["sync", "web01", "--format", "json", "--connect", nowhere, "--history"]);
    let output = sync.arg(folder.path().join("history")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(run::synced(&output)["guests"][0]["why"], "no-libvirt");
    let output = kvmtime().args(["sync", "--all", "--connect", nowhere]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(run::words(&output.stderr).contains("hint: is libvirt installed, "), "{output:?}");
}

/// Somebody who calls, unless he ends before.
#[cfg(feature = "libvirt")]
fn called(who: &mut Child, at: &UnixListener) -> Result<UnixStream, Lacking> {
    at.set_nonblocking(true).unwrap();
    loop {
        if let Ok((stream, _)) = at.accept() {
            return Ok(stream);
        }
        if who.try_wait().unwrap().is_some() {
            return Err(Lacking::Obtainable("libvirt.so.0".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_done_is_kept() {
    let agent = Patient::behind(BEHIND).start();
    synced(sync(&agent, &[]));
    synced(sync(&agent, &[]));
    synced(sync(&agent, &["--dry-run"]));
    let history = format!("{}.history", agent.socket());
    let past = |format: &str| {
        let arguments = ["history", "--corrections", "--history", &history, "--format", format];
        kvmtime().args(arguments).output().unwrap()
    };
    let all = run::synced(&past("json"));
    let outcomes: Vec<_> =
        all["guests"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["corrected", "in-sync"]);
    let lines = String::from_utf8(past("csv").stdout).unwrap();
    assert_eq!(lines.lines().count(), 3, "{lines}");
    let lines = String::from_utf8(past("text").stdout).unwrap();
    assert!(lines.contains("set: was -10.0"), "{lines}");
}

#[test]
fn whatever_an_agent_does_no_time_is_wrong_that_it_is_given() {
    let absurd = |time: i64| Sick::Says(json!(time));
    let second = Duration::from_secs(1);
    let sick = [
        ("before 1970", GET, absurd(-1)),
        ("least", GET, absurd(i64::MIN)),
        ("most", GET, absurd(i64::MAX)),
        ("stands still", GET, absurd(1_795_766_602_000_000_000)),
        ("late", GET, Sick::Late(second)),
        ("stale", GET, Sick::Stale),
        ("set, half", SET, Sick::Half),
        ("set, garbage", SET, Sick::Garbage),
        ("set, endless", SET, Sick::Endless(64 << 20)),
        ("set, hangs up", SET, Sick::HangsUp),
        ("set, late", SET, Sick::Late(second)),
    ];
    let once =
        ("silent after once", Patient::behind(BEHIND).sick_in(GET, 1..usize::MAX, Sick::Silent));
    let all: Vec<_> = (sick.into_iter())
        .map(|(name, command, sick)| (name, Patient::behind(BEHIND).sick(command, sick)))
        .chain([once])
        .map(|(name, patient)| (name, patient.start()))
        .map(|(name, agent)| (name, sync(&agent, &["--timeout", "5s"]), agent))
        .collect();
    for (name, child, agent) in all {
        let (status, found) = synced(child);
        assert!(matches!(status, Some(0..=2)), "{name}: {status:?}: {found}");
        let right = agent.offset().unsigned_abs() <= TOLERANCE;
        assert!(status != Some(0) || right, "{name}: {}: {found}", agent.offset());
        for set in agent.sets() {
            // A busy host may stop whoever tells the time before it is told.
            assert!(set.error().abs() < 500_000_000, "{name}: {}: {found}", set.error());
        }
    }
}
