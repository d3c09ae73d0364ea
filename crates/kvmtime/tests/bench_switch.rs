//! `kvmtime bench --switch` on this machine, whose clocksource is as before however that ends.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs and look at the machine"
)]

mod lacking;
mod run;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lacking::{Lacking, need};
use run::{json, kvmtime, words};
use serde_json::Value;

const FOLDER: &str = "/sys/devices/system/clocksource/clocksource0";

/// Longer than a busy machine takes for anything here.
const PATIENCE: Duration = Duration::from_secs(60);

fn current() -> String {
    fs::read_to_string(format!("{FOLDER}/current_clocksource")).unwrap().trim().to_owned()
}

fn available() -> Vec<String> {
    let text = fs::read_to_string(format!("{FOLDER}/available_clocksource")).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(1));
    }
}

/// This machine, whose clocksource nobody else switches meanwhile.
struct Machine {
    home: String,
    _alone: File,
}

impl Machine {
    fn to_be_switched() -> Result<Self, Lacking> {
        if !Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n") {
            return Err(Lacking::Obtainable("root".to_owned()));
        }
        if available().len() < 2 {
            return Err(Lacking::Impossible("a second clocksource".to_owned()));
        }
        let lock = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clocksource.lock");
        let alone = File::create(lock).unwrap();
        alone.lock().unwrap();
        Ok(Self { home: current(), _alone: alone })
    }
}

impl Drop for Machine {
    /// A test that fails must not leave the machine otherwise.
    fn drop(&mut self) {
        fs::write(format!("{FOLDER}/current_clocksource"), &self.home).unwrap();
    }
}

/// A run that is long enough to be ended, when it has just switched.
fn switched(machine: &Machine) -> Child {
    let mut bench = kvmtime();
    bench.args(["bench", "--switch", "--rounds", "100"]);
    let mut child = bench.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it switches", || {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{:?}", child.stderr.take().map(std::io::read_to_string));
        current() != machine.home
    });
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn what_asks_to_end_is_obeyed_when_the_clocksource_is_back() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let bench = switched(&machine);
        send(signal, &bench);
        let ended = bench.wait_with_output().unwrap();
        assert_eq!(current(), machine.home, "{signal}");
        assert_eq!(ended.status.code(), Some(2), "{signal}");
        assert!(words(&ended.stderr).contains(&format!("SIG{signal} came")), "{ended:?}");
    }
}

/// A release build aborts when it panics.
#[test]
fn an_end_that_cannot_be_noticed_leaves_a_witness_that_puts_the_clocksource_back() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    for signal in ["ABRT", "KILL"] {
        let bench = switched(&machine);
        send(signal, &bench);
        let ended = bench.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), None, "{signal}");
        // Standard error is open until the witness is gone.
        assert_eq!(current(), machine.home, "{signal}");
        let said = format!("the clocksource is {} again", machine.home);
        assert!(words(&ended.stderr).contains(&said), "{ended:?}");
    }
}

/// Ctrl-C and the end of a service reach every process.
#[test]
fn the_witness_outlives_a_signal_to_all() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    let bench = switched(&machine);
    let children = format!("/proc/{0}/task/{0}/children", bench.id());
    let witness = fs::read_to_string(children).unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-s", "TERM", &witness]).status().unwrap().success());
    send("KILL", &bench);
    bench.wait_with_output().unwrap();
    wait_until("the clocksource is back", || current() == machine.home);
}

#[test]
fn every_clocksource_has_a_table_and_the_other_ones_are_compared() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    let mut bench = kvmtime();
    bench.args(["bench", "--switch", "--rounds", "4", "--format", "json"]);
    let measured = json(&bench.output().unwrap());
    assert_eq!(current(), machine.home);
    let tables = measured["tables"].as_array().unwrap();
    let names: Vec<&str> = tables.iter().map(|t| t["clocksource"].as_str().unwrap()).collect();
    assert_eq!(names[0], machine.home);
    assert_eq!(names.len(), available().len());
    let comparisons = measured["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), names.len() - 1);
    // Which of them differ is for more rounds to say.
    let clocks = |of: &Value| -> Vec<String> {
        of["reads"].as_array().unwrap().iter().map(|read| read["clock"].to_string()).collect()
    };
    assert!(clocks(&comparisons[0]).contains(&"\"MONOTONIC\"".to_owned()), "{}", comparisons[0]);
    for read in comparisons[0]["reads"].as_array().unwrap() {
        assert!(clocks(&tables[1]).contains(&read["clock"].to_string()), "{read}");
    }
}

#[test]
fn a_name_that_is_not_on_offer_is_refused_although_the_kernel_would_take_it() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    // From a page that many have copied: it switches to whatever the kernel likes best.
    let refused = kvmtime().args(["bench", "--switch=acpi_pmtsc"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = words(&refused.stderr);
    assert!(said.contains("acpi_pmtsc is not on offer"), "{said}");
    assert!(available().iter().all(|name| said.contains(name)), "{said}");
    assert_eq!(current(), machine.home);
}

#[test]
fn two_do_not_switch_at_once() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    let first = switched(&machine);
    let second = kvmtime().args(["bench", "--switch"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(words(&second.stderr).contains("another kvmtime"), "{second:?}");
    send("TERM", &first);
    first.wait_with_output().unwrap();
    assert_eq!(current(), machine.home);
}

#[test]
fn nothing_is_switched_by_whoever_may_not() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    let nobody = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(env!("CARGO_BIN_EXE_kvmtime"))
        .args(["bench", "--switch"])
        .output()
        .unwrap();
    assert_eq!(nobody.status.code(), Some(2), "{nobody:?}");
    assert!(words(&nobody.stderr).contains("hint: switching needs root"), "{nobody:?}");
    assert_eq!(current(), machine.home);
}

#[test]
fn sysbench_is_run_in_turns_and_its_reads_are_counted() {
    let Some(machine) = need(Machine::to_be_switched()) else { return };
    if need(lacking::program("sysbench", "sysbench")).is_none() {
        return;
    }
    let mut bench = kvmtime();
    bench.args(["bench", "--preset", "sysbench", "--rounds", "2", "--format", "json"]);
    bench.arg(format!("--switch={}", available().join(",")));
    let done = json(&bench.output().unwrap());
    assert_eq!(current(), machine.home);
    let trials = done["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 2 * (available().len() - 1));
    for trial in trials {
        // Without a limit of time it is two.
        assert_eq!(trial["reads_per_event"], 3.0, "{trial}");
        for rates in trial["rates"].as_array().unwrap() {
            assert_eq!(rates.as_array().unwrap().len(), 2);
        }
    }
}

#[test]
fn what_sysbench_is_compared_with_has_to_be_asked_for() {
    let alone = kvmtime().args(["bench", "--preset", "sysbench"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2));
    assert!(words(&alone.stderr).contains("--switch"), "{alone:?}");
}
