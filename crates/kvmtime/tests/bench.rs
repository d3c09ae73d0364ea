//! `kvmtime bench` without switching on this machine, and with it in guests.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make programs and guests"
)]

mod guests;
mod lacking;
mod report;
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guests::{Guest, Image};
use lacking::{Lacking, need, program};
use report::KVMTIME;
use run::{json, run, words};
use serde_json::Value;

/// The reads of a table by clock and path.
fn reads(table: &Value) -> BTreeMap<(&str, &str), &Value> {
    let reads = table["reads"].as_array().unwrap().iter();
    reads.map(|r| ((r["clock"].as_str().unwrap(), r["path"].as_str().unwrap()), r)).collect()
}

fn ns(read: &Value) -> f64 {
    read["p50"].as_f64().unwrap()
}

#[test]
fn every_clock_is_timed_by_each_way_or_said_not_to_be_here() {
    let measured = json(&run(&["bench", "--rounds", "2", "--format", "json"]));
    assert_eq!(measured["schema"], "kvmtime.bench/1");
    let table = &measured["tables"][0];
    let current = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    assert_eq!(table["clocksource"], fs::read_to_string(current).unwrap().trim());
    let reads = reads(table);
    for clock in ["REALTIME", "MONOTONIC", "MONOTONIC_RAW", "BOOTTIME", "TAI"] {
        let (library, call) = (reads[&(clock, "library")], reads[&(clock, "system-call")]);
        assert!(ns(library) > 0.0 && ns(call) > 0.0, "{clock}");
        // What was tried and what it costs are two ways to know, and agree.
        let refused = library["vdso"]["refused"][0].as_u64().unwrap();
        let ratio = library["vdso"]["ratio"].as_f64().unwrap();
        assert_eq!(refused == 0, ratio < 0.8, "{clock}: {refused} refused, {ratio} of the cost");
    }
    // A process's time is never the vDSO's.
    assert_eq!(reads[&("PROCESS_CPUTIME_ID", "library")]["vdso"]["refused"][0], 1000);
    let here = |clock: &&str| reads.contains_key(&(*clock, "library"));
    for clock in ["REALTIME_ALARM", "BOOTTIME_ALARM"].iter().filter(|clock| !here(clock)) {
        let failed = measured["failed"].as_array().unwrap();
        assert!(failed.iter().any(|failed| failed["clock"] == **clock), "{clock}");
    }
}

#[test]
fn a_run_compared_with_itself_has_not_moved() {
    let folder = run::folder(&[]);
    let file = folder.path().join("a.json");
    let measured = run(&["bench", "--rounds", "2", "--format", "json"]).stdout;
    fs::write(&file, measured).unwrap();
    let file = file.to_str().unwrap();
    let compared = json(&run(&["bench", "--format", "json", "--compare", file, file]));
    let changes = compared["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|change| change["moved"] == "cannot-tell"), "{compared}");
    let text = run(&["bench", "--compare", file, file]);
    assert_eq!(text.status.code(), Some(0));
    assert!(words(&text.stdout).contains("MONOTONIC"), "{text:?}");
}

#[test]
fn what_is_no_run_is_not_compared() {
    let folder = run::folder(&[("a.json", "{}"), ("b.json", "no")]);
    for name in ["a.json", "b.json", "c.json"] {
        let file = folder.path().join(name);
        let file = file.to_str().unwrap();
        let refused = run(&["bench", "--compare", file, file]);
        assert_eq!(refused.status.code(), Some(2), "{name}");
        assert!(words(&refused.stderr).contains(name), "{refused:?}");
    }
}

#[test]
fn the_picture_is_read_by_others() {
    let Some(xmllint) = need(program("xmllint", "libxml2-utils")) else { return };
    let folder = run::folder(&[]);
    let file = folder.path().join("costs.svg");
    let done = run(&["bench", "--rounds", "1", "--svg", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(Command::new(xmllint).arg("--noout").arg(&file).status().unwrap().success());
    assert!(fs::read_to_string(file).unwrap().contains(">MONOTONIC, system call<"));
}

/// Reads clocks so often: two threads read CLOCK_MONOTONIC, then one reads others.
const READER: &str = r"
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long reads;

static void *monotonic(void *nothing) {
    struct timespec time;
    for (long n = 0; n < reads; n++) clock_gettime(CLOCK_MONOTONIC, &time);
    return nothing;
}

int main(int count, char **words) {
    reads = count > 1 ? atol(words[1]) : 0;
    pthread_t threads[2];
    for (int n = 0; n < 2; n++) pthread_create(&threads[n], 0, monotonic, 0);
    for (int n = 0; n < 2; n++) pthread_join(threads[n], 0);
    struct timespec coarse;
    struct timeval time;
    for (long n = 0; n < reads / 2; n++) clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
    for (long n = 0; n < reads / 4; n++) gettimeofday(&time, 0);
    return 0;
}
";

/// A program that reads clocks, and one without shared libraries.
fn readers(folder: &Path) -> Result<[PathBuf; 2], Lacking> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Lacking::Impossible("an x86_64 processor".to_owned()));
    }
    let cc = program("cc", "gcc")?;
    let source = folder.join("reader.c");
    fs::write(&source, READER).unwrap();
    let make = |name: &str, options: &[&str]| {
        let made = folder.join(name);
        let mut cc = Command::new(&cc);
        let done =
            cc.args(options).args(["-O1", "-pthread", "-o"]).arg(&made).arg(&source).status();
        assert!(done.unwrap().success());
        made
    };
    Ok([make("reader", &[]), make("static", &["-static"])])
}

fn counts(output: &Output) -> BTreeMap<String, u64> {
    let seen = json(output);
    let calls = seen["calls"].as_array().unwrap().iter();
    calls.map(|c| (c["clock"].as_str().unwrap().to_owned(), c["count"].as_u64().unwrap())).collect()
}

#[test]
fn each_read_of_a_program_and_of_what_it_runs_is_counted() {
    let folder = run::folder(&[]);
    let Some(readers) = need(readers(folder.path())) else { return };
    let counting = ["bench", "--rounds", "1", "--format", "json", "--workload", "--"];
    for reader in &readers {
        let reader = reader.to_str().unwrap();
        let counted = counts(&run(&[&counting[..], &[reader, "40000"]].concat()));
        assert_eq!(counted["MONOTONIC"], 80_000, "{reader}");
        assert_eq!(counted["REALTIME_COARSE"], 20_000, "{reader}");
        assert_eq!(counted["gettimeofday"], 10_000, "{reader}");
    }
    // A child, a child's child that runs beside, and the shell itself as another program.
    let [reader, alone] = readers.map(|reader| reader.to_str().unwrap().to_owned());
    let script = format!("{reader} 1000; ({alone} 400 & wait); exec {reader} 4");
    let counted = counts(&run(&[&counting[..], &["sh", "-c", &script]].concat()));
    assert_eq!(counted["MONOTONIC"], 2 * 1404);
}

#[test]
fn a_program_that_cannot_be_run_or_fails_is_said_to() {
    let missing = run(&["bench", "--workload", "--", "/nowhere/program"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(words(&missing.stderr).contains("cannot run /nowhere/program"), "{missing:?}");
    let failed = run(&["bench", "--rounds", "1", "--workload", "--", "sh", "-c", "exit 7"]);
    assert!(words(&failed.stdout).contains("exit status: 7"), "{failed:?}");
    let neither = run(&["bench", "--workload"]);
    assert_eq!(neither.status.code(), Some(2));
}

#[test]
fn a_process_that_reads_clocks_all_the_time_is_told_from_one_that_does_not() {
    let folder = run::folder(&[]);
    let Some([reader, _]) = need(readers(folder.path())) else { return };
    let busy = |command: &mut Command| {
        let mut child = command.spawn().unwrap();
        let pid = child.id().to_string();
        // The new program's memory is made a moment after it has begun to replace the old one.
        let maps = format!("/proc/{pid}/maps");
        while !fs::read_to_string(&maps).unwrap().contains("[vdso]") {}
        let watched = run(&[
            "bench",
            "--rounds",
            "1",
            "--seconds",
            "1",
            "--format",
            "json",
            "--workload",
            &pid,
        ]);
        child.kill().unwrap();
        child.wait().unwrap();
        watched
    };
    let reading = busy(Command::new(reader).arg("100000000000"));
    if words(&reading.stderr).contains("not permitted") {
        need::<()>(Err(Lacking::Obtainable("perf events".to_owned())));
        return;
    }
    let share = |output: &Output| json(output)["share"].clone();
    assert!(share(&reading)["low"].as_f64().unwrap() > 0.5, "{reading:?}");
    let counting = busy(Command::new("sh").args(["-c", "while :; do :; done"]));
    assert!(share(&counting)["high"].as_f64().unwrap() < 0.1, "{counting:?}");
}

/// Under TCG every read of a device costs a microsecond, and the vDSO cannot read devices.
const JOB: &str = "
kvmtime bench --switch --rounds 2 --format json >bench.json
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >after
";

#[test]
fn a_clocksource_that_the_vdso_cannot_read_is_found_out() {
    let image = Image::linux().and_then(|image| image.program(Path::new(KVMTIME)));
    let guest = image.and_then(|image| Guest::start(&image.job(JOB), "tsc=nowatchdog", &[]));
    let Some(guest) = need(guest) else { return };
    let folder = guest.results();
    let text = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(text("after").trim(), "tsc");
    let measured: Value = serde_json::from_str(&text("bench.json")).unwrap();
    let mut seen = Vec::new();
    for table in measured["tables"].as_array().unwrap() {
        let reads = reads(table);
        let vdso = &reads[&("MONOTONIC", "library")]["vdso"];
        let ratio = vdso["ratio"].as_f64().unwrap();
        let clocksource = table["clocksource"].as_str().unwrap();
        if clocksource == "tsc" {
            assert_eq!(vdso["refused"][0], 0, "{clocksource}");
            assert!(ratio < 0.5, "{clocksource}: {ratio}");
        } else {
            assert_eq!(vdso["refused"][0], 1000, "{clocksource}");
            assert!(ratio > 0.8, "{clocksource}: {ratio}");
        }
        // A coarse clock is read from memory, whatever the clocksource.
        assert_eq!(reads[&("MONOTONIC_COARSE", "library")]["vdso"]["refused"][0], 0);
        seen.push(clocksource);
    }
    seen.sort_unstable();
    assert_eq!(seen, ["acpi_pm", "hpet", "tsc"]);
    for comparison in measured["comparisons"].as_array().unwrap() {
        let mut reads = comparison["reads"].as_array().unwrap().iter();
        let read = reads.find(|r| r["clock"] == "MONOTONIC" && r["path"] == "library").unwrap();
        assert_eq!(read["verdict"], "more", "{read}");
    }
}
