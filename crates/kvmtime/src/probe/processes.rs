//! Processes that have to do with time: daemons, QEMU, its guest agent.

use kvmtime_core::fact::{Fact, Why};
use kvmtime_core::facts::TimeDaemon;
use kvmtime_wire::ps::{self, Process};

use super::units;
use crate::world::{self, World};

/// Programs that may move the clock.
const DAEMONS: [&str; 8] = [
    "chronyd",
    "ntpd",
    "ntp-daemon",
    "systemd-timesyncd",
    "phc2sys",
    "timemaster",
    "vmtoolsd",
    "VBoxService",
];
/// Others that have to do with time, by the start of their names.
const OTHERS: [&str; 5] = ["qemu-system", "qemu-kvm", "kvm", "qemu-ga", "busybox"];

/// How a BSD and support archives list processes.
const ARCHIVED: [&[&str]; 5] = [
    &["ps", "-axwwo", "pid,args"],
    &["ps", "auxwwwm"],
    &["ps", "auxfwww"],
    &["ps", "auxwww"],
    &["ps", "aux"],
];

/// The processes by those names.
pub(super) fn probe(world: &World) -> Fact<Vec<Process>> {
    let own = world
        .output(&["ps", "-eo", "pid,args"], || world::processes(&[&DAEMONS[..], &OTHERS].concat()));
    if world.is_live() {
        return own.map(|text| ps::parse(&text));
    }
    let archived = || {
        let mut all = ARCHIVED.iter().map(|command| world.run(command));
        all.find(|output| output.value().is_some()).unwrap_or_default()
    };
    own.or_else(archived).map(|text| ps::parse(&text))
}

/// The daemons that may move the clock, process by process; of a machine that does not run, those that it would start.
pub(super) fn daemons(world: &World, processes: &Fact<Vec<Process>>) -> Fact<Vec<TimeDaemon>> {
    if !world.is_live() && processes.value().is_none() {
        return processes.clone().map(|_| vec![]).or_else(|| units::daemons(world));
    }
    processes.clone().map(|all| {
        // OpenNTPD's first process keeps its command line, which may be that of any ntpd.
        let openntpd = all.iter().any(|process| process.command.starts_with(OPENNTPD));
        let of = |process: Process| {
            let command = process.command.replace('\0', " ").trim().to_owned();
            let name = match daemon(&command)? {
                "ntpd" if openntpd => "openntpd",
                name => name,
            };
            Some(TimeDaemon { name: name.to_owned(), pid: process.pid, command })
        };
        all.into_iter().filter_map(of).collect()
    })
}

/// How OpenNTPD's processes call themselves: `ntpd: ntp engine`, `ntpd: dns engine`.
const OPENNTPD: &str = "ntpd: ";

/// OpenNTPD calls itself ntpd, and busybox brings one too.
fn daemon(command: &str) -> Option<&'static str> {
    let mut words = command.split(' ');
    let program = words.next()?.rsplit('/').next()?;
    let openntpd = command.contains("openntpd") || command.starts_with(OPENNTPD);
    match program.trim_end_matches(':') {
        "ntpd" if openntpd => Some("openntpd"),
        "busybox" if words.next() == Some("ntpd") => Some("busybox ntpd"),
        name => DAEMONS.into_iter().find(|known| *known == name),
    }
}

/// The processes of a program.
pub(super) fn of<'a>(
    processes: &'a Fact<Vec<Process>>,
    is: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = &'a Process> {
    processes.value().into_iter().flatten().filter(move |process| {
        let program = process.command.split(['\0', ' ']).next().unwrap_or_default();
        is(program.rsplit('/').next().unwrap_or_default())
    })
}

/// Why a daemon that does not run has nothing to say.
pub(super) fn not_running<T>(name: &str) -> Fact<T> {
    Fact::unknown(Why::Absent, format!("a running {name}"))
}
