//! Real guests measured from outside and from inside at once: what several ways say must agree, and what happens must be seen.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod answering;
mod guests;
mod lacking;
mod ntp;
mod report;
mod run;

use std::time::Duration;

use answering::{CLOCK, ECHO, PORTS, STAY, guest, measure, measurements, socket};
use guests::{Guest, Image};
use lacking::{Lacking, need};
use ntp::Server;
use report::KVMTIME;
use serde_json::Value;

fn ends(interval: &Value) -> (i64, i64) {
    (interval["lo"].as_i64().unwrap(), interval["hi"].as_i64().unwrap())
}

fn agree(a: &Value, b: &Value) -> bool {
    let ((a, b), (c, d)) = (ends(a), ends(b));
    a.max(c) <= b.min(d)
}

#[test]
fn agent_and_echo_agree_and_the_rtc_stands_still_to_its_host() {
    let job = format!(
        "echo measure me\nkvmtime measure --against rtc --duration 5s --format json >rtc 2>/dev/null\necho rtc: $(cat rtc)\n{STAY}"
    );
    let Some(mut guest) = need(guest(&job, &[])) else { return };
    guest.says("measure me");
    let (agent, echo, qmp) =
        (socket(&guest, "agent.sock"), socket(&guest, "echo.sock"), socket(&guest, "monitor"));
    let arguments = ["--qga", &agent, "--echo", &echo, "--interval", "50ms", "--duration", "4s"];
    let found = measurements(measure(&arguments));
    let [agent, echo] = &found[..] else { panic!("{found:?}") };
    assert_eq!(agent["method"], "guest agent");
    assert!(agree(&agent["offset"], &echo["offset"]), "{} {}", agent["offset"], echo["offset"]);
    for one in &found {
        assert!(one["readings"].as_array().unwrap().len() >= 10, "{one}");
        assert_eq!(one["events"], Value::Array(vec![]));
        assert_eq!(one["against"], "this machine");
    }
    // This clock counts by the host's.
    let hard = &echo["drift"]["hard"];
    assert!(hard[0].as_f64().unwrap() < 1e3 && hard[1].as_f64().unwrap() > -1e3, "{hard}");

    let inside: Value = serde_json::from_str(&guest.says("rtc: ")).unwrap();
    let inside = &inside["measurements"][0];
    assert_eq!(inside["against"], "its RTC");
    let outside = &measurements(measure(&["--qmp", &qmp, "--duration", "4s"]))[0];
    // guest − RTC and RTC − host are guest − host.
    let (a, b) = ends(&inside["offset"]);
    let (c, d) = ends(&outside["offset"]);
    let sum = serde_json::json!({ "lo": a + c, "hi": b + d });
    assert!(agree(&sum, &echo["offset"]), "{sum} {}", echo["offset"]);
}

#[test]
fn a_pause_and_a_step_are_told_apart_and_from_drift() {
    // A step to a whole second, by about as much as the clock is read to be behind after it.
    let job = format!("echo measure me\nsleep 9\ndate -s @$(($(date +%s) + 100))\n{STAY}");
    let Some(mut guest) = need(guest(&job, &[])) else { return };
    guest.says("measure me");
    let echo = socket(&guest, "echo.sock");
    // It answers.
    assert_eq!(measurements(measure(&["--echo", &echo, "--duration", "100ms"])).len(), 1);
    let child = measure(&["--echo", &echo, "--interval", "20ms", "--duration", "15s"]);
    std::thread::sleep(Duration::from_secs(2));
    guest.pause(Duration::from_secs(2));
    let found = measurements(child);
    let events = found[0]["events"].as_array().unwrap();
    let kinds: Vec<&Value> = events.iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["pause", "step"], "{events:?}");
    let (lo, hi) = ends(&events[0]["size"]);
    assert!(lo <= 2_100_000_000 && 2_000_000_000 <= hi, "{}", events[0]);
    let (lo, hi) = ends(&events[1]["size"]);
    assert!((98_900_000_000..100_000_000_000).contains(&lo), "{}", events[1]);
    assert!(hi - lo < 1_000_000, "{}", events[1]);
    let hard = &found[0]["drift"]["hard"];
    assert!(hard[0].as_f64().unwrap() < 1e3 && hard[1].as_f64().unwrap() > -1e3, "{hard}");
}

#[test]
fn a_stopped_machine_and_a_stopped_process_are_told_apart_from_inside() {
    let job = format!("kvmtime measure --events --format json >/dev/console\n{STAY}");
    let Some(mut guest) = need(guest(&job, &[])) else { return };
    // A busy host is no news here.
    let next = |guest: &mut Guest, what: &str| -> Value {
        loop {
            let line = guest.says("{\"schema\":\"kvmtime.event/1\",");
            let event: Value = serde_json::from_str(&format!("{{{line}")).unwrap();
            let long = event["size"]["hi"].as_i64().is_some_and(|hi| hi > 1_500_000_000);
            if event["what"] == what && long {
                return event;
            }
        }
    };
    guest.ready();
    // Until the RTC's second edges are known.
    std::thread::sleep(Duration::from_secs(8));
    guest.pause(Duration::from_secs(2));
    let event = next(&mut guest, "frozen");
    let (lo, hi) = ends(&event["size"]);
    assert!(lo <= 2_100_000_000 && 2_000_000_000 <= hi, "{event}");
    guest.stall(Duration::from_secs(2));
    let event = next(&mut guest, "stalled");
    let (lo, hi) = ends(&event["size"]);
    assert!((1_500_000_000..2_500_000_000).contains(&lo) && hi >= 1_900_000_000, "{event}");
}

#[test]
fn an_echo_over_vsock_of_the_same_machine_is_not_off() {
    let job = format!(
        "for module in vsock vmw_vsock_virtio_transport_common vsock_loopback; do
    insmod /modules/$module.ko
done
kvmtime echo --port vsock:323 &
until kvmtime measure --echo vsock:1:323 --duration 1ms >/dev/null 2>&1; do usleep 50000; done
echo vsock: $(kvmtime measure --echo vsock:1:323 --duration 1s --format json 2>/dev/null)
{STAY}"
    );
    let started = || {
        let mut image = Image::linux()?.program(KVMTIME.as_ref())?.job(&job);
        for module in ["vsock", "vmw_vsock_virtio_transport_common", "vsock_loopback"] {
            image = image.module(&format!("net/vmw_vsock/{module}.ko"));
        }
        Guest::start(&image, CLOCK, &[])
    };
    let Some(mut guest) = need(started()) else { return };
    let found: Value = serde_json::from_str(&guest.says("vsock: ")).unwrap();
    for reading in found["measurements"][0]["readings"].as_array().unwrap() {
        let (lo, hi) = ends(&reading["offset"]);
        assert!(lo <= 0 && 0 <= hi, "{reading}");
    }
}

#[test]
fn a_rate_that_was_set_is_the_rate_that_is_measured() {
    // adjtimex(2): a tick of 10,000 µs is the nominal one, so 10,004 is 400 ppm more.
    let job = format!("adjtimex -q -t 10004 >/dev/null\necho measure me\n{STAY}");
    let Some(mut guest) = need(guest(&job, &[])) else { return };
    guest.says("measure me");
    let agent = socket(&guest, "agent.sock");
    let arguments = ["--qga", &agent, "--interval", "30ms", "--duration", "8s"];
    let drift = &measurements(measure(&arguments))[0]["drift"];
    let end = |end: &Value| end.as_f64().unwrap();
    let [lo, hi, rate] = [end(&drift["hard"][0]), end(&drift["hard"][1]), end(&drift["rate"])];
    // A clock that counts by the host's is off by nothing else; on busy CPUs the bounds are wide, and still right.
    assert!(lo <= 401e3 && 399e3 <= hi && lo > 100e3, "{drift}");
    assert!(lo <= rate && rate <= hi, "{drift}");
}

#[test]
fn a_chronyd_is_asked_in_its_own_packets_and_is_right() {
    let Some((mut guest, _server)) = need(disciplined()) else { return };
    guest.says("measure me");
    let echo = socket(&guest, "echo.sock");
    let outside = &measurements(measure(&["--echo", &echo, "--duration", "3s"]))[0];
    for name in ["udp: ", "socket: ", "server: "] {
        let inside: Value = serde_json::from_str(&guest.says(name)).unwrap();
        let inside = &inside["measurements"][0];
        // What chronyd follows is this machine's clock.
        assert!(agree(&inside["offset"], &outside["offset"]), "{name}{inside} {outside}");
        match name {
            "server: " => assert!(inside["method"].as_str().unwrap().contains("stratum 3")),
            _ => assert_eq!(inside["method"], "chronyd, which follows 10.0.2.2"),
        }
    }
}

/// A guest whose chronyd follows this machine, and is asked at its port, at its socket, and left out.
fn disciplined() -> Result<(Guest, Server), Lacking> {
    let packages = ntp::packages()?;
    let server = Server::start(&packages);
    let port = server.port();
    let ask = "kvmtime measure --duration 1s --format json 2>/dev/null --against";
    let job = format!(
        "{ECHO}mkdir -p /var/log/chrony /var/lib/chrony /etc/chrony/conf.d
chown _chrony /var/log/chrony /var/lib/chrony
chronyd -F 1
chronyc waitsync 0 0.001 0 0.1
sleep 3
echo measure me
sleep 4
echo udp: $({ask} chronyd)
ip address del 127.0.0.1/8 dev lo
echo socket: $({ask} chronyd)
echo server: $({ask} ntp:10.0.2.2:{port})
{STAY}"
    );
    let image = ntp::image(&packages, "makestep 0.001 -1", &server.source())?.job(&job);
    let options = [&PORTS[..], &["-nic", "user,model=virtio-net-pci"]].concat();
    Ok((Guest::start(&image, CLOCK, &options)?, server))
}
