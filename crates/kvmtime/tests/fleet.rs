//! Machines and domains of one run, beside each other.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run the program"
)]

mod run;

use std::fs;
use std::path::{Path, PathBuf};

use run::{folder, json, path, run, words};
use serde_json::Value;

fn cases(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What is found of all together.
fn of_fleet(report: &Value) -> Vec<&Value> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["subject"] == "fleet").collect()
}

#[test]
fn captures_are_a_fleet_one_by_one_in_any_order_and_in_a_folder() {
    let captures = cases("fleet-no-post-migration-sync/fires");
    let mut names: Vec<PathBuf> =
        fs::read_dir(&captures).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let check = |names: &[PathBuf]| {
        let names: Vec<&str> = names.iter().map(|name| text(name)).collect();
        json(&run(&[&["check", "--format", "json"], &*names].concat()))
    };
    let (straight, whole) = (check(&names), check(&[captures]));
    names.reverse();
    let reversed = check(&names);
    assert_eq!(of_fleet(&straight).len(), 1, "{straight}");
    assert_eq!(of_fleet(&straight), of_fleet(&reversed));
    assert_eq!(straight, whole);
    let mut ids: Vec<&str> =
        whole["subjects"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), ids[0], ids[5]), (6, "host", "fleet"));
    ids.dedup();
    assert_eq!(ids.len(), 6, "{ids:?}");
}

#[test]
fn facts_of_several_machines_are_a_fleet_and_one_machine_is_none() {
    let files = folder(&[]);
    let mut arguments = vec!["check".to_owned(), "--format".to_owned(), "json".to_owned()];
    for host in ["host-a", "host-b"] {
        let evidence = cases("fleet-tsc-heterogeneous/fires").join(host);
        let facts = run(&["facts", "--format", "json", text(&evidence)]);
        let file = files.path().join(host);
        fs::write(&file, facts.stdout).unwrap();
        arguments.extend(["--facts".to_owned(), text(&file).to_owned()]);
    }
    let both: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = json(&run(&both));
    assert_eq!(of_fleet(&report)[0]["rule"], "fleet-tsc-heterogeneous");
    let one = json(&run(&both[..5]));
    let kinds: Vec<&Value> =
        one["subjects"].as_array().unwrap().iter().map(|subject| &subject["kind"]).collect();
    assert_eq!(kinds, ["host"]);
    let other = json(&run(&[&both[..], &["--only", "host-no-tsc-scaling"]].concat()));
    assert_eq!(other["subjects"].as_array().unwrap().len(), 2, "no rule compares: {other}");
}

#[test]
fn evidence_and_xml_in_one_folder_are_both_read_and_nothing_twice() {
    let xml = |name: &str| {
        format!("<domain type='kvm'><name>{name}</name><clock offset='utc'/></domain>")
    };
    let (one, two, three) = (xml("one"), xml("two"), xml("three"));
    let folder = folder(&[
        ("host/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
        ("host/etc/libvirt/qemu/one.xml", &one),
        ("two.xml", &two),
        ("backup/etc/libvirt/qemu/three.xml", &three),
        ("old/site/etc/four.xml", &xml("four")),
    ]);
    let report = json(&run(&["check", path(&folder), "--format", "json"]));
    let subjects = report["subjects"].as_array().unwrap();
    let ids: Vec<&str> = subjects.iter().map(|subject| subject["id"].as_str().unwrap()).collect();
    let backup = format!("host@{}/host", path(&folder));
    assert_eq!(
        ids,
        ["host", "domain/three", &backup, "domain/one", "domain/four", "domain/two", "fleet"]
    );
    assert_eq!(subjects[6]["from"], "2 machines, 4 domains");
}

#[test]
fn of_many_domains_the_text_still_shows_who_is_in_which_group() {
    let clock = |number: usize| if number == 7 { "localtime" } else { "utc" };
    let files: Vec<(String, String)> = (0..30)
        .map(|number| {
            let os = "<metadata><libosinfo><os id='http://debian.org/debian/12'/></libosinfo></metadata>";
            let clock = format!("<clock offset='{}'/>", clock(number));
            let xml = format!("<domain type='kvm'><name>web{number:02}</name>{os}{clock}</domain>");
            (format!("{number}.xml"), xml)
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let folder = folder(&files);
    let said = words(&run(&["check", path(&folder)]).stdout);
    assert!(said.contains("warning[fleet-clock-xml-inconsistent]: fleet: 30 domains"), "{said}");
    assert!(said.contains("29: web00, web01, web02, web03, web04 and 24 more"), "{said}");
    assert!(said.contains("1: web07"), "{said}");
    assert!(said.lines().last().unwrap().starts_with("30 subjects, fleet: "), "{said}");
    for (format, shown) in [
        ("markdown", "| `fleet` | 30 domains that run Linux"),
        ("nagios", "warning: fleet: 30 domains that run Linux"),
        ("junit", "<testcase classname=\"fleet\" name=\"fleet-clock-xml-inconsistent\">"),
        ("sarif", "\"fullyQualifiedName\": \"fleet\""),
    ] {
        let rule = ["--only", "fleet-clock-xml-inconsistent", "--format", format];
        let said = words(&run(&[&["check", path(&folder)], &rule[..]].concat()).stdout);
        assert!(said.contains(shown), "{format}: {said}");
    }
}

#[test]
fn what_is_accepted_of_a_fleet_counts_no_more() {
    let fires = cases("fleet-localtime-mixed-tz/fires");
    let allow =
        "[[allow]]\nrule = 'fleet-localtime-mixed-tz'\nsubject = 'fleet'\nreason = 'none moves'\n";
    let settings = folder(&[("c.toml", allow)]);
    let config = format!("{}/c.toml", path(&settings));
    let rule = ["--only", "fleet-localtime-mixed-tz", "--format", "json"];
    let found = run(&[&["check", text(&fires)], &rule[..]].concat());
    assert_eq!((of_fleet(&json(&found)).len(), found.status.code()), (1, Some(1)));
    let allowed = run(&[&["check", text(&fires), "--config", &config], &rule[..]].concat());
    assert_eq!((of_fleet(&json(&allowed)).len(), allowed.status.code()), (0, Some(0)));
}
