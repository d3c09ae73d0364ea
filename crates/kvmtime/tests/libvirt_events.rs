//! libvirt's calls themselves: what a libvirtd tells by itself, what it says of failures, and how it is taken leave of.
#![cfg(feature = "libvirt")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod lacking;
mod libvirtd;

use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kvmtime_sys::libvirt::{Connection, Error, Event, Loop, Reason, State, Watch, code};
use lacking::need;
use libvirtd::Libvirtd;

/// A process has one event loop, and its files and threads are counted.
static ONE: Mutex<()> = Mutex::new(());

/// A machine without anything to boot from, whose firmware says so for ever.
const DOMAIN: &str = "<domain type='qemu'><name>idle</name><memory unit='MiB'>32</memory>\
    <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>\
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\
    </devices></domain>";

fn watch(libvirt: &Loop, uri: &str) -> (Watch, Receiver<Event>) {
    let (tell, told) = channel();
    let watch = libvirt.watch(uri, move |event| tell.send(event).unwrap_or_default()).unwrap();
    (watch, told)
}

/// The lifecycle that is told up to what begins with this.
fn until(told: &Receiver<Event>, last: &str) -> Vec<String> {
    let mut all = Vec::new();
    while all.last().is_none_or(|event: &String| event != last) {
        match told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{all:?}")) {
            Event::Lifecycle { domain, detail, .. } => {
                assert_eq!((domain.name.as_str(), domain.uuid.len()), ("idle", 36));
                all.push(detail.to_string());
            }
            Event::Agent { connected, .. } => all.push(format!("agent {connected}")),
            Event::Reboot { .. } => all.push("reboot".to_owned()),
            event => all.push(format!("{event:?}")),
        }
    }
    all
}

fn code_of<T>(result: Result<T, Error>) -> (i32, String) {
    let error = result.map(|_| ()).unwrap_err();
    let kept = std::io::Error::from(error.clone());
    assert_eq!(Error::of(&kept), Some(&error));
    (error.code, error.message)
}

/// How many threads and open files this process has.
fn held() -> (usize, usize) {
    let count = |folder: &str| fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
fn a_domains_life_is_told_in_libvirts_words() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(libvirtd) = need(Libvirtd::start()) else { return };
    let libvirt = Loop::start().unwrap();
    let (watch, told) = watch(&libvirt, &libvirtd.uri());
    libvirtd.define(DOMAIN);
    assert_eq!(until(&told, "DEFINED_ADDED"), ["DEFINED_ADDED"]);
    libvirtd.run("virsh", &["start", "idle"]);
    assert_eq!(
        until(&told, "STARTED_BOOTED"),
        ["agent false", "RESUMED_UNPAUSED", "STARTED_BOOTED"]
    );

    let connection = libvirt.open(&libvirtd.uri()).unwrap();
    let running = connection.running().unwrap();
    assert_eq!(running.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["idle"]);
    let domain = connection.domain_of_uuid(&running[0].uuid).unwrap();
    assert_eq!(domain.named(), running[0]);
    assert_eq!(domain.state().unwrap(), (State::RUNNING, Reason::RUNNING_BOOTED));
    assert!(domain.xml().unwrap().contains("<name>idle</name>"));
    assert!(domain.monitor(r#"{"execute":"query-status"}"#).unwrap().contains("\"running\""));
    domain.suspend().unwrap();
    assert_eq!(domain.state().unwrap(), (State::PAUSED, Reason::PAUSED_USER));
    domain.resume().unwrap();
    assert_eq!(until(&told, "RESUMED_UNPAUSED"), ["SUSPENDED_PAUSED", "RESUMED_UNPAUSED"]);
    assert_eq!(domain.state().unwrap(), (State::RUNNING, Reason::RUNNING_UNPAUSED));
    libvirtd.run("virsh", &["reset", "idle"]);
    until(&told, "reboot");

    let image = libvirtd.folder().join("idle.save");
    libvirtd.run("virsh", &["save", "idle", image.to_str().unwrap()]);
    until(&told, "STOPPED_SAVED");
    libvirtd.run("virsh", &["restore", image.to_str().unwrap()]);
    assert_eq!(
        until(&told, "RESUMED_FROM_SNAPSHOT"),
        ["agent false", "STARTED_RESTORED", "RESUMED_FROM_SNAPSHOT"]
    );
    libvirtd.run("virsh", &["managedsave", "idle"]);
    until(&told, "STOPPED_SAVED");
    libvirtd.run("virsh", &["start", "idle"]);
    assert!(until(&told, "RESUMED_FROM_SNAPSHOT").contains(&"STARTED_RESTORED".to_owned()));
    libvirtd.run("virsh", &["destroy", "idle"]);
    until(&told, "STOPPED_DESTROYED");

    // Whoever told is let go of with the watch.
    drop(watch);
    assert_eq!(told.recv_timeout(Duration::from_secs(5)), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn failures_are_told_apart_by_libvirts_numbers() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(libvirtd) = need(Libvirtd::start()) else { return };
    let connection = Connection::open(&libvirtd.uri()).unwrap();
    assert_eq!(code_of(connection.domain("nobody")).0, code::NO_DOMAIN);
    libvirtd.define(DOMAIN);
    libvirtd.define(&DOMAIN.replace("idle", "mute").replace("org.qemu.guest_agent.0", "other"));
    let (idle, mute) = (connection.domain("idle").unwrap(), connection.domain("mute").unwrap());
    let ping = r#"{"execute":"guest-ping"}"#;
    assert_eq!(code_of(idle.agent(ping, 2)).0, code::OPERATION_INVALID);
    assert_eq!(code_of(idle.resume()).0, code::OPERATION_INVALID);
    libvirtd.run("virsh", &["start", "idle"]);
    libvirtd.run("virsh", &["start", "mute"]);
    assert_eq!(code_of(idle.agent(ping, 2)).0, code::AGENT_UNRESPONSIVE);
    let (code, words) = code_of(mute.agent(ping, 2));
    assert_eq!(code, code::ARGUMENT_UNSUPPORTED, "{words}");
    assert_eq!(words, "argument unsupported: QEMU guest agent is not configured");
    // One that may only be looked at.
    let looked = Connection::open_read_only(&libvirtd.uri()).unwrap();
    assert_eq!(code_of(looked.domain("idle").unwrap().agent(ping, 2)).0, code::OPERATION_DENIED);
    // Several ask at once over one connection.
    std::thread::scope(|scope| {
        let ask =
            || (0..50).for_each(|_| assert!(connection.domain("idle").unwrap().state().is_ok()));
        (0..8).for_each(|_| drop(scope.spawn(ask)));
    });
    assert!(connection.is_alive());
    libvirtd.stop("KILL");
    let error = idle.state().unwrap_err();
    assert!(error.is_disconnected(), "{error:?}");
    assert!(!connection.is_alive());
    let error = Connection::open(&libvirtd.uri()).map(|_| ()).unwrap_err();
    assert!(error.is_disconnected(), "{error:?}");
}

#[test]
fn a_libvirtd_that_is_started_again_is_heard_again_and_nothing_is_left_behind() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(libvirtd) = need(Libvirtd::start()) else { return };
    libvirtd.define(DOMAIN);
    // libvirt keeps some for itself from its first use on.
    let turn = |stop: Option<&str>| {
        let libvirt = Loop::start().unwrap();
        assert!(Loop::start().is_err());
        let (first, told) = watch(&libvirt, &libvirtd.uri());
        let (second, _) = watch(&libvirt, &libvirtd.uri());
        drop(second);
        let worker = libvirt.open(&libvirtd.uri()).unwrap();
        if let Some(signal) = stop {
            libvirtd.stop(signal);
            assert_eq!(until(&told, "Closed"), ["Closed"]);
            libvirtd.restart();
            assert!(!worker.is_alive() && !first.connection().is_alive());
            drop(first);
            let (_first, told) = watch(&libvirt, &libvirtd.uri());
            libvirtd.run("virsh", &["start", "idle"]);
            libvirtd.run("virsh", &["destroy", "idle"]);
            until(&told, "STOPPED_DESTROYED");
        }
    };
    turn(Some("TERM"));
    let before = held();
    for number in 0..30 {
        turn(match number % 10 {
            0 => Some("KILL"),
            5 => Some("TERM"),
            _ => None,
        });
    }
    assert_eq!(held(), before);
}
