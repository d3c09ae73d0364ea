//! Clocks measured where the truth is known: by servers and pages of the test's own.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make clocks"
)]

mod run;

use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use run::{json, kvmtime, run, words};
use serde_json::Value;

const MS: i64 = 1_000_000;

/// An NTP server whose clock is ahead of this machine's by so many ns, at a port that is given back. The thread ends with the test.
fn server(ahead: i64, reference: [u8; 4]) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut packet = [0; 48];
        while let Ok((48, client)) = socket.recv_from(&mut packet) {
            let received = ntp_time(ahead);
            // Delays that are not symmetrical: the bound must hold for them, too.
            std::thread::sleep(Duration::from_micros(300));
            let cookie: [u8; 8] = packet[40..48].try_into().unwrap();
            packet.fill(0);
            // Version 4, server; stratum 2; a precision of 2^-24 s; a root dispersion of 1/64 s.
            packet[..4].copy_from_slice(&[4 << 3 | 4, 2, 0, 0xe8]);
            packet[8..12].copy_from_slice(&1024_u32.to_be_bytes());
            packet[12..16].copy_from_slice(&reference);
            packet[24..32].copy_from_slice(&cookie);
            packet[32..40].copy_from_slice(&received.to_be_bytes());
            packet[40..48].copy_from_slice(&ntp_time(ahead).to_be_bytes());
            std::thread::sleep(Duration::from_micros(700));
            socket.send_to(&packet, client).unwrap();
        }
    });
    port
}

fn epoch_ns() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

fn ntp_time(ahead: i64) -> u64 {
    let now = u64::try_from(epoch_ns() + ahead).unwrap();
    let (seconds, ns) = (now / 1_000_000_000, now % 1_000_000_000);
    ((seconds + 2_208_988_800) << 32) | ((ns << 32) / 1_000_000_000)
}

fn measured(arguments: &[&str]) -> Value {
    let output = run(&[&["measure", "--format", "json"], arguments].concat());
    let all = json(&output);
    assert_eq!(all["schema"], "kvmtime.measure/1");
    all["measurements"][0].clone()
}

/// The two ends of an interval.
fn ends(interval: &Value) -> (i64, i64) {
    (interval["lo"].as_i64().unwrap(), interval["hi"].as_i64().unwrap())
}

#[test]
fn the_offset_to_a_server_is_within_the_bound_and_so_is_every_reading() {
    let port = server(7 * MS, [192, 0, 2, 1]);
    let against = format!("ntp:127.0.0.1:{port}");
    let found = measured(&["--against", &against, "--duration", "2s", "--interval", "10ms"]);
    // This machine is behind the server. The server's answers are as fine as 2^-24 s.
    for reading in found["readings"].as_array().unwrap() {
        let (lo, hi) = ends(&reading["offset"]);
        assert!(lo <= -7 * MS && -7 * MS <= hi, "{reading}");
    }
    let (lo, hi) = ends(&found["offset"]);
    assert!(lo <= -7 * MS && -7 * MS <= hi && hi - lo < 2 * MS, "{lo} {hi}");
    let hard = &found["drift"]["hard"];
    assert!(hard[0].as_f64().unwrap() <= 0.0 && hard[1].as_f64().unwrap() >= 0.0, "{hard}");
    // 1/64 s of root dispersion.
    let link = &found["chain"]["links"][1];
    assert_eq!((&link["clock"], &link["against"]), (&Value::from(&against[4..]), &"UTC".into()));
    assert_eq!(ends(&link["offset"]), (-15_625_000, 15_625_000));
}

#[test]
fn an_echo_of_this_machine_is_not_off() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("echo").into_os_string().into_string().unwrap();
    let mut echo = kvmtime().args(["echo", "--port", &port]).spawn().unwrap();
    while !std::path::Path::new(&port).exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let found = measured(&["--echo", &port, "--duration", "1s", "--interval", "5ms"]);
    for reading in found["readings"].as_array().unwrap() {
        let (lo, hi) = ends(&reading["offset"]);
        assert!(lo <= 0 && 0 <= hi, "{reading}");
    }
    let (lo, hi) = ends(&found["offset"]);
    assert!(lo <= 0 && 0 <= hi && hi - lo < 2 * MS, "{lo} {hi}");
    let pid = echo.id().to_string();
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
    assert_eq!(echo.wait().unwrap().code(), Some(0));
    // It leaves nothing behind.
    assert!(!std::path::Path::new(&port).exists());
}

#[test]
fn a_budget_is_kept_exceeded_or_not_proven() {
    let port = server(7 * MS, *b"LOCL");
    let against = format!("ntp:127.0.0.1:{port}");
    // Half of what ceph bears is 25 ms.
    let cases = [
        ("50ms", "kept", 0, "50.00 ms kept: "),
        ("ceph", "kept", 0, "25.00 ms for `ceph` kept: "),
        ("5ms", "exceeded", 1, "5.000 ms exceeded: "),
        ("7ms", "unproven", 1, "7.000 ms not proven: "),
    ];
    for (budget, verdict, status, said) in cases {
        let asked = ["measure", "--against", &against, "--budget", budget, "--interval", "20ms"];
        let output = |format: &str| {
            let mut command = kvmtime();
            command.args(asked).args(["--duration", "200ms", "--format", format]);
            command.output().unwrap()
        };
        let text = words(&output("text").stdout);
        assert!(text.contains(&format!(" {said}")), "{budget}: {text}");
        let output = output("json");
        let found = &json(&output)["measurements"][0];
        assert_eq!(found["verdict"], verdict, "{budget}");
        assert_eq!(output.status.code(), Some(status), "{budget}");
        // What follows its own clock says nothing of UTC.
        assert_eq!(found["chain"]["links"].as_array().unwrap().len(), 1);
    }
    let wrong = kvmtime().args(["measure", "--against", &against, "--budget", "chef"]).output();
    let wrong = wrong.unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(words(&wrong.stderr).contains("one of ceph, etcd"), "{}", words(&wrong.stderr));
}

#[test]
fn a_rate_is_measured_until_it_is_as_precise_as_asked() {
    let port = server(0, *b"LOCL");
    let against = format!("ntp:127.0.0.1:{port}");
    let found = measured(&["--against", &against, "--precision", "200ppm", "--interval", "10ms"]);
    let half = |ends: &Value| (ends[1].as_f64().unwrap() - ends[0].as_f64().unwrap()) / 2.0;
    let drift = &found["drift"];
    assert!(half(&drift["confidence"]).min(half(&drift["hard"])) <= 200_000.0, "{drift}");
}

#[test]
fn every_reading_is_a_line_of_csv() {
    let port = server(MS, *b"LOCL");
    let against = format!("ntp:127.0.0.1:{port}");
    let output = run(&["measure", "--against", &against, "--duration", "100ms", "--format", "csv"]);
    let text = words(&output.stdout);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("clock,against,at_ns,offset_lo_ns,offset_hi_ns"));
    let first: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!((first.len(), first[0]), (5, "this machine"));
}

#[test]
fn a_run_can_be_kept_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).into_os_string().into_string().unwrap();
    let (history, svg, html) = (path("state/history"), path("now.svg"), path("now.html"));
    let against = format!("ntp:127.0.0.1:{}", server(7 * MS, [192, 0, 2, 1]));
    let arguments = ["--against", &against, "--duration", "300ms", "--interval", "10ms"];
    let keep = ["--record", "--history", &history, "--svg", &svg, "--html", &html];
    let found =
        [measured(&[&arguments[..], &keep].concat()), measured(&[&arguments[..], &keep].concat())];
    let kept = json(&run(&["history", "--history", &history, "--format", "json"]));
    assert_eq!(kept["schema"], "kvmtime.history/1");
    let offsets: Vec<&Value> =
        kept["measurements"].as_array().unwrap().iter().map(|one| &one["offset"]).collect();
    assert_eq!(offsets, [&found[0]["offset"], &found[1]["offset"]]);
    let drawn = path("history.svg");
    let text = run(&["history", "this machine", "--history", &history, "--svg", &drawn]);
    assert_eq!(words(&text.stdout).lines().count(), 2);
    assert_eq!(words(&run(&["history", "nobody", "--history", &history]).stdout), "");
    for (picture, charts) in [(svg, 4), (drawn, 1)] {
        let text = std::fs::read_to_string(picture).unwrap();
        let tree = roxmltree::Document::parse(&text).unwrap();
        let chart = |node: &roxmltree::Node<'_, '_>| node.attribute("class") == Some("chart");
        assert_eq!(tree.descendants().filter(chart).count(), charts);
        assert!(!text.contains("NaN"));
    }
    let page = std::fs::read_to_string(html).unwrap();
    // Nothing is fetched.
    assert!(!page.contains("src=") && !page.contains("href=") && page.contains("behind 127.0.0.1"));
}

#[test]
fn a_picture_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let against = format!("ntp:127.0.0.1:{}", server(0, *b"LOCL"));
    let history = path("history").into_os_string().into_string().unwrap();
    let keep = ["--duration", "300ms", "--interval", "10ms", "--record", "--history", &history];
    measured(&[&["--against", &against], &keep[..]].concat());
    let (picture, link) = (path("picture"), path("link.svg"));
    fs::write(&picture, "old").unwrap();
    fs::set_permissions(&picture, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("picture", &link).unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let label = || kvmtime_sys::xattr::get(&picture, c"security.selinux").unwrap();
    if root {
        chown(&picture, Some(12), Some(34)).unwrap();
        let file = fs::File::open(&picture).unwrap();
        // Where the kernel has no SELinux it keeps any label, if the file system does.
        let _ = kvmtime_sys::xattr::set(file.as_fd(), c"security.selinux", b"a:b:c:s0");
    }
    let before = label();
    let draw = |limit: &str, svg: &Path, to: &Path| {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{limit} exec \"$0\" history --history \"$1\" --svg \"$2\" >\"$3\""));
        shell.arg(env!("CARGO_BIN_EXE_kvmtime")).args([Path::new(&history), svg, to]);
        shell.status().unwrap()
    };
    let names = || fs::read_dir(folder.path()).unwrap().count();
    let null = Path::new("/dev/null");
    // Half a KiB, and then an error, or death.
    assert_eq!(draw("trap '' XFSZ; ulimit -f 1;", &link, null).code(), Some(2));
    assert_eq!((fs::read_to_string(&picture).unwrap().as_str(), names()), ("old", 3));
    assert_eq!(draw("ulimit -f 1;", &link, null).signal(), Some(libc::SIGXFSZ));
    assert_eq!(fs::read_to_string(&picture).unwrap(), "old");
    assert_eq!(draw("", &link, null).code(), Some(0));
    assert!(fs::read_to_string(&picture).unwrap().starts_with("<svg"));
    let now = fs::metadata(&picture).unwrap();
    assert_eq!((now.mode() & 0o7777, fs::read_link(&link).unwrap()), (0o640, "picture".into()));
    assert!(!root || (now.uid(), now.gid()) == (12, 34));
    assert_eq!(label(), before);
    // A link to nothing yet, and what the shell has opened.
    fs::remove_file(&picture).unwrap();
    assert_eq!(draw("", &link, null).code(), Some(0));
    assert!(picture.is_file() && link.is_symlink());
    let both = path("both");
    assert_eq!(draw("", Path::new("/dev/stdout"), &both).code(), Some(0));
    let both = fs::read_to_string(&both).unwrap();
    let (table, picture) = both.split_once("<svg").unwrap();
    assert!(table.contains("this machine") && picture.ends_with("</svg>\n"), "{both}");
}

#[test]
fn what_is_no_history_is_left_alone() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "this is no database, but long enough to be taken for one".repeat(100);
    std::fs::write(file.path(), &text).unwrap();
    let path = file.path().to_str().unwrap();
    let against = format!("ntp:127.0.0.1:{}", server(0, *b"LOCL"));
    let output = run(&[
        "measure",
        "--against",
        &against,
        "--duration",
        "50ms",
        "--record",
        "--history",
        path,
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        words(&output.stderr).contains("cannot write the history"),
        "{}",
        words(&output.stderr)
    );
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
    let missing = run(&["history", "--history", "/nonexistent/history"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(words(&missing.stderr).contains("measure --record"));
}

#[test]
fn what_cannot_be_measured_says_why() {
    let unused = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    let cases = [
        (vec!["web01"], "web01 is nothing that can be measured"),
        (
            vec!["--qga", "/nonexistent"],
            "cannot measure by the guest agent at /nonexistent: no such",
        ),
        (vec!["--against", "vmclock:/etc/hostname"], "it is shorter than a page"),
        (vec!["--against", "phc:/dev/null"], "PTP_SYS_OFFSET is not offered by its driver"),
    ];
    for (arguments, expected) in cases {
        let output = run(&[&["measure", "--duration", "1s"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = words(&output.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
    let against = format!("ntp:127.0.0.1:{port}");
    let output = run(&["measure", "--against", &against, "--interval", "1ms"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output.stderr).contains("connection refused"), "{}", words(&output.stderr));
}

#[cfg(target_arch = "x86_64")]
mod page {
    use super::*;

    /// A vmclock page whose time is that of this machine at the TSC's rate, and so far ahead; ±1 ms by its own words.
    fn page(ahead: i64) -> Vec<u8> {
        // The quickest of many pairs was not interrupted.
        let pair = || {
            let one = |_| {
                let (before, now) = (kvmtime_sys::counter::stamp(), epoch_ns());
                (kvmtime_sys::counter::stamp() - before, before, now)
            };
            let (_, counter, now) = (0..50).map(one).min().unwrap();
            (counter, now)
        };
        let first = pair();
        std::thread::sleep(Duration::from_millis(300));
        let (counter, now) = pair();
        // The period in units of 2^-(64 + 8) s.
        let ticks = u128::from(counter - first.0);
        let ns = u128::try_from(now - first.1).unwrap();
        let period = u64::try_from((ns << 72) / ticks / 1_000_000_000).unwrap();
        let time = u128::try_from(now + ahead).unwrap();
        let fraction = u64::try_from(((time % 1_000_000_000) << 64) / 1_000_000_000).unwrap();
        let mut page = vec![0; 4096];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"VCLK");
        put(8, &1_u16.to_le_bytes());
        put(0x0a, &[1, 0]);
        // VMCLOCK_FLAG_TIME_MAXERROR_VALID
        put(0x18, &(1_u64 << 6).to_le_bytes());
        put(0x22, &[2]);
        put(0x27, &[8]);
        put(0x28, &counter.to_le_bytes());
        put(0x30, &period.to_le_bytes());
        put(0x48, &u64::try_from(time / 1_000_000_000).unwrap().to_le_bytes());
        put(0x50, &fraction.to_le_bytes());
        put(0x60, &1_000_000_u64.to_le_bytes());
        page
    }

    #[test]
    fn a_vmclock_page_is_read_with_its_own_bound() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), page(5 * MS)).unwrap();
        let against = format!("vmclock:{}", file.path().display());
        let found = measured(&["--against", &against, "--duration", "1s", "--interval", "20ms"]);
        assert_eq!(found["against"], "UTC");
        let (lo, hi) = ends(&found["offset"]);
        assert!(lo <= -5 * MS && -5 * MS <= hi, "{lo} {hi}");
        // ±1 ms of its own, and next to nothing of ours.
        assert!((1_900_000..2_100_000).contains(&(hi - lo)), "{lo} {hi}");
    }

    #[test]
    fn a_page_without_time_is_no_clock() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut page = page(0);
        page[0x0a] = 0xff;
        std::fs::write(file.path(), page).unwrap();
        let against = format!("vmclock:{}", file.path().display());
        let output = run(&["measure", "--against", &against]);
        let said = words(&output.stderr);
        assert!(said.contains("tells of disruptions only and publishes no time"), "{said}");
    }
}
