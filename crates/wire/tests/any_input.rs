//! No input makes a parser panic, and what it returns can be kept as JSON.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::LazyLock;

use kvmtime_wire::chrony::command::Question;
use kvmtime_wire::chrony::{conf as chrony_conf, sources, tracking};
use kvmtime_wire::cmdline::Cmdline;
use kvmtime_wire::ntp::{conf as ntp_conf, packet, peers, variables};
use kvmtime_wire::windows::{bcdedit, boot_ini, properties, reg, sc, w32tm};
use kvmtime_wire::{
    adjtime, assignments, capabilities, cpuinfo, domain, echo, klog, modprobe, monitor,
    monitor_event, openntpd, pressure, ps, qemu, snapshot, stat, sysbench, sysctl, timesync, unit,
    vdso, virsh, vmclock,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Goes to JSON and back: a number that JSON does not have would come back as nothing.
fn kept<T: Serialize + DeserializeOwned>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    serde_json::from_str::<T>(&json).unwrap();
}

fn parse_all(text: &str) {
    kept(&adjtime::parse(text));
    kept(&echo::parse(text));
    kept(&assignments::parse(text));
    kept(&Cmdline::parse(text));
    kept(&cpuinfo::parse(text));
    kept(&monitor_event::event(text.as_bytes()));
    kept(&klog::parse(text));
    kept(&modprobe::options(text, "x"));
    kept(&ps::parse(text));
    kept(&unit::words(text, "Unit", "After"));
    kept(&virsh::versions(text));
    kept(&chrony_conf::parse(text, "/etc/chrony.conf"));
    kept(&ntp_conf::parse(text, "/etc/ntp.conf"));
    kept(&timesync::conf(text, "/etc/systemd/timesyncd.conf"));
    kept(&qemu::from_argv(text));
    kept(&sysctl::timecounter(text));
    kept(&sysctl::hz(text));
    kept(&sysctl::time_deltas(text));
    kept(&bcdedit::parse(text));
    kept(&boot_ini::default_entry(text));
    kept(&properties::parse(text));
    kept(&reg::values(text));
    let _ = sc::runs(text).map(|read| kept(&read));
    let _ = w32tm::parse(text).map(|read| kept(&read));
    let _ = capabilities::parse(text).map(|read| kept(&read));
    let _ = snapshot::state(text).map(|read| kept(&read));
    let _ = tracking::parse(text).map(|read| kept(&read));
    let _ = sources::parse(text).map(|read| kept(&read));
    let _ = peers::parse(text).map(|read| kept(&read));
    let _ = variables::parse(text).map(|read| kept(&read));
    let _ = openntpd::parse(text).map(|read| kept(&read));
    let _ = timesync::parse(text).map(|read| kept(&read));
    let _ = stat::parse(text).map(|read| kept(&read));
    let _ = pressure::some_avg60(text).map(|read| kept(&read));
    let _ = domain::parse(text).map(|read| inside(text, &serde_json::to_value(read).unwrap()));
    let _ = qemu::parse(text).map(|line| asked(text, &line));
    let _ = sysbench::rate(text);
    let _ = vdso::range(text);
    let _ = vdso::parse(text.as_bytes()).map(|read| kept(&read));
}

fn parse_bytes(bytes: &[u8]) {
    for question in [Question::Tracking, Question::SourceCount, Question::Source(3)] {
        // Bytes 16 to 19 are the sequence number that an answer gives back.
        let sequence =
            bytes.get(16..20).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        let _ = question.answer(sequence, bytes).map(|read| kept(&read));
    }
    let cookie = bytes.get(24..32).and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes);
    let _ = packet::answer(cookie, bytes, i64::MAX).map(|read| kept(&read));
    let _ = vmclock::parse(bytes).map(|page| {
        kept(&page);
        page.time(0).ok().max(page.time(u64::MAX).ok())
    });
    if let monitor::Line::Return(value) = monitor::line(bytes) {
        let _ = monitor::rtc_time(&value);
    }
}

/// Asks a command line for all that it can tell.
fn asked(text: &str, line: &qemu::CommandLine) {
    inside(text, &serde_json::to_value(line).unwrap());
    let _ =
        (line.rtc(), line.machine(), line.cpu(), line.name(), line.accelerator(), line.is_x86());
    let _ = line.global("kvm-pit", "lost_tick_policy");
}

/// Every place in a value lies inside the text, its end not before its start.
fn inside(text: &str, value: &Value) {
    let lengths: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    each_place(value, &mut |line, column| {
        assert!((1..=lengths[line - 1] + 1).contains(&column), "{line}:{column} in {text:?}");
    });
}

fn each_place(value: &Value, check: &mut impl FnMut(usize, usize)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_place(item, check)),
        Value::Object(fields) if fields.contains_key("end_column") => {
            let number = |name: &str| usize::try_from(fields[name].as_u64().unwrap()).unwrap();
            let start = (number("line"), number("column"));
            let end = (number("end_line"), number("end_column"));
            assert!(start <= end, "{start:?} {end:?}");
            check(start.0, start.1);
            check(end.0, end.1);
        }
        Value::Object(fields) => fields.values().for_each(|field| each_place(field, check)),
        _ => {}
    }
}

static FIXTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut found = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut found);
    found
});

#[expect(clippy::disallowed_methods, reason = "a test reads its fixtures")]
fn read(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "rs") {
            // Packets are no text; a text that is broken is an input, too.
            found.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
        }
    }
}

/// Pieces from which inputs are built that come further than chance would.
const PIECES: [&str; 48] = [
    "<domain type='kvm'>",
    "</domain>",
    "<domain>",
    "<domains>",
    "<clock offset='",
    "<timer name=\"",
    "'/>",
    "\"/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml?>",
    "&amp;",
    "\u{feff}",
    "\u{0}",
    "é",
    "\r\n",
    "\n",
    " ",
    "\t",
    "'",
    "\"",
    "\\",
    "\\\n",
    "#",
    ";",
    "&",
    "=",
    ",",
    ",,",
    ":",
    ": ",
    "-",
    "-cpu ",
    "kvm ",
    "[",
    "]",
    "[1.5] ",
    "====\n",
    "TSC ",
    "clocksource: ",
    "Clocksource tsc unstable (delta = ",
    "9223372036854775808",
    "-1",
    "1.5ms",
    "PID COMMAND\n",
    "System clock wrong by ",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A fixture with pieces cut out, doubled and put in.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0_usize..60, soup(), any::<bool>());
    let fixture = prop::sample::select(&FIXTURES[..]);
    (fixture, prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, length, piece, doubled) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            let cut: Vec<char> = text.splice(at..end, piece.chars()).collect();
            if doubled {
                text.splice(at..at, cut.iter().chain(&cut).copied());
            }
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "(?s).{0,200}") {
        parse_all(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0_usize..4) {
        // Each format's own beginning, so that more than that is looked at.
        let starts: [&[u8]; 4] = [
            &[],
            &[6, 2, 0, 0, 0, 33, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0],
            &[4 << 3 | 4, 1],
            b"VCLK\0\0\0\0\x01\0\x01\0",
        ];
        parse_bytes(&[starts[start], &bytes].concat());
    }

    #[test]
    fn any_pieces(text in soup()) {
        parse_all(&text);
    }

    #[test]
    fn any_change_of_a_fixture(text in mutated()) {
        parse_all(&text);
    }
}

/// The test would not end if one of these took quadratic time.
#[test]
fn long_repetitions_end() {
    let long = |piece: &str| piece.repeat((1 << 18) / piece.len());
    let shapes =
        ["</domain><domain>", "<a xmlns:b='c'>", " a='b'", "<6>", "a[1]: ", "kvm ", "-a b "];
    for text in PIECES.into_iter().chain(shapes).map(long) {
        let _ = (domain::parse(&text), qemu::parse(&text), klog::parse(&text));
        let _ = (capabilities::parse(&text), ntp_conf::parse(&text, ""), Cmdline::parse(&text));
    }
    let distinct: String = (0..20_000).map(|i| format!("<a xmlns:b{i}='c'>")).collect();
    let wide: String = (0..60_000).map(|i| format!(" a{i}=''")).collect();
    let one_line = long("<domain><clock><timer name='é'/></clock></domain>");
    assert!(
        domain::parse(&distinct).is_err() && domain::parse(&format!("<domain{wide}/>")).is_err()
    );
    assert!(domain::parse(&format!("<domains>{one_line}</domains>")).is_ok());
    assert!(domain::parse(&format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000))).is_err());
}
