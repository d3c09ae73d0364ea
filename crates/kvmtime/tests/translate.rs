//! What kvmtime says of clock settings, against libvirt's own arguments and words for several hundred domains.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod debian;
mod domains;
mod lacking;
mod run;
mod truth;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use lacking::need;
use run::given;
use serde_json::Value;
use truth::{Answer, Libvirt, Session};

/// A zone that is ahead of UTC by hours and minutes, all year, and needs no table of zones.
const ZONE: &str = "KTM-5:45";

/// Properties that concern time.
const MACHINE: [&str; 3] = ["hpet", "kernel_irqchip", "pit"];
const CPU: [&str; 14] = [
    "hv-frequencies",
    "hv-passthrough",
    "hv-reenlightenment",
    "hv-stimer",
    "hv-stimer-direct",
    "hv-synic",
    "hv-time",
    "hv-vpindex",
    "invtsc",
    "kvm",
    "kvm-no-adjvtime",
    "kvmclock",
    "migratable",
    "tsc-frequency",
];

/// The arguments that concern time.
#[derive(Debug, PartialEq)]
struct Arguments {
    args: Vec<String>,
    machine: Vec<String>,
    cpu: Vec<String>,
    env: Vec<String>,
}

#[test]
fn every_domain_becomes_what_the_installed_libvirt_makes_of_it() {
    if let Some(libvirt) = need(Libvirt::installed()) {
        compare(&libvirt);
    }
}

#[test]
fn every_domain_becomes_what_a_newer_libvirt_makes_of_it() {
    if let Some(libvirt) = need(Libvirt::of("trixie")) {
        compare(&libvirt);
    }
}

#[test]
fn every_domain_becomes_what_an_older_libvirt_makes_of_it() {
    if let Some(libvirt) = need(Libvirt::of("bullseye")) {
        compare(&libvirt);
    }
}

#[test]
fn every_domain_becomes_what_the_newest_libvirt_makes_of_it() {
    if let Some(libvirt) = need(Libvirt::of("sid")) {
        compare(&libvirt);
    }
}

/// The domain of an administrator whose NetBSD guests lag, after he had read the manual.
const CURED: &str = "<domain type='kvm'>
  <name>buster</name>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='wall'/>
    <timer name='pit' tickpolicy='catchup'/>
    <timer name='tsc' tickpolicy='catchup' mode='native'/>
    <timer name='hpet' present='no'/>
  </clock>
</domain>
";

fn run(arguments: &[&str], xml: &str) -> (i32, String) {
    let output = given(&[&["translate", "--host-tsc", "2500000000"], arguments].concat(), xml);
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn json_has_the_published_shape() {
    let pair = ["--libvirt", "9.0", "--qemu", "7.2.22", "--format", "json", "-"];
    let (status, said) = run(&pair, CURED);
    assert_eq!(status, 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (keys(&said), &said["schema"]),
        (vec!["domains".into(), "schema".into()], &"kvmtime.translate/1".into())
    );
    let domain = &said["domains"][0];
    assert_eq!(
        keys(domain),
        ["args", "cpu", "env", "from", "libvirt", "machine", "name", "qemu", "refused", "settings"]
    );
    assert_eq!((&domain["libvirt"], &domain["qemu"]), (&"9.0.0".into(), &"7.2.22".into()));
    assert_eq!(
        domain["args"],
        serde_json::json!(["-rtc base=utc,clock=host,driftfix=slew", "-no-hpet"])
    );
    let setting = &domain["settings"][1];
    assert_eq!(keys(setting), ["becomes", "device", "line", "outcome", "path", "value"]);
    assert_eq!(setting["path"], "clock/timer[rtc]@tickpolicy");
    assert_eq!((&setting["line"], &setting["becomes"]), (&5.into(), &"driftfix=slew".into()));
    let tsc = domain["settings"].as_array().unwrap().iter().filter(|s| s["line"] == 7);
    assert!(tsc.clone().count() == 2 && tsc.into_iter().all(|s| s["outcome"] == "no-effect"));
}

#[test]
fn the_table_names_place_outcome_argument_and_effect() {
    let (_, said) = run(&["--libvirt", "9.0", "--qemu", "7.2", "-"], CURED);
    let line = said.lines().find(|line| line.contains("[pit]")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[..4], ["clock/timer[pit]@tickpolicy=catchup", "6:23", "no", "effect"]);
    let refused = CURED.replace("name='pit' tickpolicy='catchup'", "name='pit' tickpolicy='merge'");
    let (status, said) = run(&["-"], &refused);
    assert_eq!(status, 0);
    let last = said.lines().last().unwrap();
    assert_eq!(
        last.trim(),
        "refused at define: unsupported configuration: unsupported pit tickpolicy 'merge'"
    );
}

#[test]
fn an_upgrade_shows_what_it_changes_and_nothing_else() {
    let (status, said) = run(&["--diff", "9.0/7.2:11.3/10.0", "-"], CURED);
    assert_eq!(status, 0);
    let changes: Vec<&str> =
        said.lines().filter(|line| line.starts_with("  - ") || line.starts_with("  + ")).collect();
    assert_eq!(changes, ["  - -no-hpet", "  + -machine hpet=off"]);
    let (_, same) = run(&["--diff", "9.0/7.2:9.0/7.2", "-"], CURED);
    assert!(same.contains("nothing changes"), "{same}");
    let present = CURED.replace("present='no'", "present='yes'");
    let (_, bug) = run(&["--diff", "9.0/7.2:9.0/10.0", "--format", "json", "-"], &present);
    let bug: Value = serde_json::from_str(&bug).unwrap();
    assert_eq!(bug["schema"], "kvmtime.translate-diff/1");
    assert_eq!(bug["domains"][0]["new"]["refused"]["at"], "define");
    for wrong in ["9.0:11.3", "9.0/7.2", "x/y:9.0/7.2"] {
        assert_eq!(run(&["--diff", wrong, "-"], CURED).0, 2, "{wrong}");
    }
    assert_eq!(run(&["--libvirt", "6.0", "-"], CURED).0, 2);
}

#[test]
fn a_command_line_says_what_its_options_do() {
    let line = [
        "--qemu",
        "10.0",
        "--",
        "qemu-system-x86_64",
        "-enable-kvm",
        "-no-hpet",
        "-rtc",
        "base=utc,clock=vm",
    ];
    let (status, said) = run(&line, "");
    assert_eq!(status, 0);
    assert!(said.contains("stands still during a pause"), "{said}");
    assert!(said.ends_with("refused at start: -no-hpet: invalid option\n"), "{said}");
    let (status, said) = run(&[], "");
    assert_eq!((status, said.lines().count()), (2, 2));
    let xen = CURED.replace("type='kvm'", "type='xen'");
    assert_eq!(run(&["-"], &xen).0, 2);
}

/// Options that QEMU may refuse, and near misses. `@` is the accelerator.
const OPTIONS: [&str; 20] = [
    "-accel @",
    "-accel @ -global mc146818rtc.lost_tick_policy=delay",
    "-accel @ -global mc146818rtc.lost_tick_policy=slew",
    "-accel @ -global driver=mc146818rtc,property=lost_tick_policy,value=delay",
    "-accel @ -global mc146818rtc.lost_tick_policy=bogus",
    "-accel @ -global kvm-pit.lost_tick_policy=slew",
    "-accel @ -global kvm-pit.lost_tick_policy=bogus",
    "-accel @ -global kvm-pit.lost_tick_policy=discard",
    "-accel @ -machine pc,kernel_irqchip=split -global kvm-pit.lost_tick_policy=slew",
    "-accel @ -machine microvm,hpet=off",
    "-accel @ -machine microvm",
    "-accel @ -rtc base=tomorrow",
    "-accel @ -rtc base=2026-01-01T00:00:00",
    "-accel @ -rtc base=2026-01-01",
    "-accel @ -rtc base=utc,clock=wall",
    "-accel @ -rtc base=utc,clock=rt,driftfix=slew",
    "-accel @ -rtc base=utc,driftfix=yes",
    "-accel @ -localtime",
    "-accel @ -rtc-td-hack",
    "-accel @ -no-hpet",
];

#[test]
fn qemu_ends_on_the_options_that_are_foretold_and_in_those_words() {
    let found = lacking::program("qemu-system-x86_64", "qemu-system-x86");
    let Some(qemu) = need(found) else { return };
    let version = Command::new(&qemu).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let version = version.split_whitespace().nth(3).unwrap();
    let accelerators: &[&str] =
        if Path::new("/dev/kvm").exists() { &["kvm", "tcg"] } else { &["tcg"] };
    for line in accelerators.iter().flat_map(|accel| OPTIONS.map(|line| line.replace('@', accel))) {
        let options: Vec<&str> = line.split(' ').collect();
        let mut translate = vec!["--qemu", version, "--format", "json", "--", "qemu-system-x86_64"];
        translate.extend(&options);
        let (_, said) = run(&translate, "");
        let said: Value = serde_json::from_str(&said).unwrap();
        let (ended, words) = start(&qemu, &options);
        match said["domains"][0]["refused"]["message"].as_str() {
            Some(message) => {
                assert!(ended && words.contains(message), "{line}: {message}\n{words}")
            }
            None => assert!(!ended, "{line}: {words}"),
        }
    }
}

/// Whether QEMU ends before it takes a command, and its words.
fn start(qemu: &Path, options: &[&str]) -> (bool, String) {
    let mut command = Command::new(qemu);
    command.args(["-display", "none", "-S", "-serial", "none", "-monitor", "stdio"]).args(options);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(b"quit\n");
    let output = child.wait_with_output().unwrap();
    (!output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn compare(libvirt: &Libvirt) {
    let first = libvirt.ask(&[], ZONE);
    let hz = attribute(&first.capabilities, "<counter name='tsc'", "frequency");
    let scaling = attribute(&first.capabilities, "<counter name='tsc'", "scaling");
    // Without KVM libvirt knows no TSC, and takes no domain of that type.
    let kvm = first.capabilities.contains("<domain type='kvm'");
    let kinds: &[&str] = if kvm { &["kvm", "qemu"] } else { &["qemu"] };
    let rate = hz.as_ref().map_or(2_500_000_000, |hz| hz.parse().unwrap());
    let domains = domains::all(kinds, rate);
    assert!(domains.len() >= 300, "{} domains", domains.len());
    let folder = libvirt.write(&domains);
    let names: Vec<&str> = domains.iter().map(|domain| &*domain.name).collect();
    let before = now();
    let session = libvirt.ask(&names, ZONE);
    let after = now();
    let tsc = hz.map(|hz| match scaling.as_deref() {
        Some("yes") => format!("{hz},scaling"),
        _ => hz,
    });
    let said = kvmtime(&folder, &session, tsc.as_deref());
    let mut wrong = Vec::new();
    for domain in &domains {
        let truth = &session.answers[&domain.name];
        if let Err(difference) = agree(truth, &said[&domain.name], before..=after) {
            wrong.push(format!("{}\n{difference}", domain.xml));
        }
    }
    let refused = session.answers.values().filter(|answer| answer.native.is_err()).count();
    let count = domains.len();
    let version = session.version.lines().skip(1).collect::<Vec<_>>().join("; ");
    let _ = writeln!(std::io::stderr(), "{version} {count} domains, {refused} of them refused");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), domains.len(), wrong.join("\n"));
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn attribute(text: &str, tag: &str, name: &str) -> Option<String> {
    let tag = text.split_once(tag)?.1.split_once('>')?.0;
    Some(tag.split_once(&format!("{name}='"))?.1.split_once('\'')?.0.to_owned())
}

/// What kvmtime says of every file in the folder, by the domain's name.
fn kvmtime(
    folder: &Path,
    session: &Session,
    tsc: Option<&str>,
) -> std::collections::BTreeMap<String, Value> {
    let version = |line: &str, before: &str| {
        let line = session.version.lines().find(|text| text.starts_with(line)).unwrap();
        line.split_once(before).unwrap().1.trim().to_owned()
    };
    let libvirt = version("Using library:", "libvirt ");
    let qemu = version("Running hypervisor:", "QEMU ");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvmtime"));
    command.args(["translate", "--format", "json", "--libvirt", &libvirt, "--qemu", &qemu]);
    command.args(tsc.into_iter().flat_map(|tsc| ["--host-tsc", tsc])).arg(folder).env("TZ", ZONE);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "kvmtime.translate/1");
    let Value::Array(all) = document["domains"].take() else { panic!("{document}") };
    all.into_iter().map(|domain| (domain["name"].as_str().unwrap().to_owned(), domain)).collect()
}

fn agree(
    truth: &Answer,
    said: &Value,
    between: std::ops::RangeInclusive<i64>,
) -> Result<(), String> {
    match (&truth.native, &said["refused"]) {
        (Err(message), Value::Object(refused)) => {
            let at = if truth.defined { "start" } else { "define" };
            if refused["message"] == **message && refused["at"] == at {
                return Ok(());
            }
            Err(format!("libvirt at {at}: {message}\nkvmtime: {refused:?}"))
        }
        (Err(message), _) => Err(format!("libvirt: {message}\nkvmtime: {said}")),
        // What QEMU will end on, libvirt passes to it.
        (Ok(words), refused) if refused.is_null() || said["args"] != serde_json::json!([]) => {
            let truth = arguments(words);
            let mut said = told(said);
            settle(&mut said, &truth, between);
            if truth == said {
                return Ok(());
            }
            Err(format!("libvirt: {truth:?}\nkvmtime: {said:?}"))
        }
        (Ok(words), refused) => Err(format!("libvirt: {:?}\nkvmtime: {refused}", arguments(words))),
    }
}

fn arguments(words: &[String]) -> Arguments {
    let value = |option: &str| {
        let place = words.iter().position(|word| word == option);
        place.map(|place| words[place + 1].clone()).unwrap_or_default()
    };
    let mut args = Vec::new();
    for pair in words.windows(2) {
        match (&*pair[0], &*pair[1]) {
            ("-rtc", value) => args.push(format!("-rtc {value}")),
            ("-global", value) if value.contains("lost_tick_policy") => {
                args.push(format!("-global {value}"));
            }
            ("-no-hpet", _) => args.push("-no-hpet".to_owned()),
            _ => {}
        }
    }
    let env = words.iter().take_while(|word| !word.starts_with('/'));
    Arguments {
        args,
        machine: properties(&value("-machine"), &MACHINE),
        cpu: properties(&value("-cpu"), &CPU),
        env: env.filter(|word| word.starts_with("TZ=")).cloned().collect(),
    }
}

fn properties(list: &str, wanted: &[&str]) -> Vec<String> {
    let all = list.split(',');
    let wanted = all.filter(|item| wanted.contains(&item.split('=').next().unwrap()));
    wanted.map(str::to_owned).collect()
}

fn told(said: &Value) -> Arguments {
    let list = |key: &str| {
        let all = said[key].as_array().unwrap().iter();
        all.map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    Arguments { args: list("args"), machine: list("machine"), cpu: list("cpu"), env: list("env") }
}

/// Replaces `@now+60` and `@5` by libvirt's date, if that is the same moment give or take two seconds.
fn settle(said: &mut Arguments, truth: &Arguments, between: std::ops::RangeInclusive<i64>) {
    let (Some(ours), Some(theirs)) = (said.args.first_mut(), truth.args.first()) else { return };
    let base = |text: &str| {
        let text = text.strip_prefix("-rtc base=").unwrap();
        text.split(',').next().unwrap().to_owned()
    };
    let (mine, date) = (base(ours), base(theirs));
    let Some(moment) = epoch(&date) else { return };
    let same = match (mine.strip_prefix("@now"), mine.strip_prefix('@')) {
        (Some(offset), _) => {
            let start = moment - offset.parse::<i64>().unwrap();
            (between.start() - 2..=between.end() + 2).contains(&start)
        }
        (None, Some(absolute)) => absolute.parse() == Ok(moment),
        (None, None) => false,
    };
    if same {
        *ours = ours.replacen(&mine, &date, 1);
    }
}

/// Seconds since the epoch of `2009-02-13T23:31:30`.
fn epoch(date: &str) -> Option<i64> {
    let numbers: Vec<i64> =
        date.split(['-', 'T', ':']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [year, month, day, hour, minute, second] = numbers[..] else { return None };
    // Years begin in March, so that the day that is sometimes there is the last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some(((days - 719_468) * 24 + hour) * 3600 + minute * 60 + second)
}
