//! qemu-guest-agent, seen from inside the guest.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Agent;
use kvmtime_wire::assignments;
use kvmtime_wire::ps::Process;

use super::processes;
use crate::world::World;

const PORTS: &str = "/sys/class/virtio-ports";
const CHANNEL: &str = "org.qemu.guest_agent.0";
/// The commands that time depends on.
const TIME: [&str; 2] = ["guest-get-time", "guest-set-time"];

pub(super) fn probe(world: &World, processes: &Fact<Vec<Process>>) -> Fact<Agent> {
    let Fact::Known { from, .. } = processes else {
        return processes.clone().map(|_| unreachable_agent());
    };
    let process = processes::of(processes, |name| name == "qemu-ga").next();
    let ports = world.names(PORTS);
    if let Err(unknown) = ports.optional() {
        return Fact::Unknown(unknown);
    }
    let channel = ports.value().into_iter().flatten().any(|port| {
        world.word(&format!("{PORTS}/{port}/name")).value().is_some_and(|name| name == CHANNEL)
    });
    let command = process.map_or("", |process| &process.command);
    let mut blocked = of_command(command);
    blocked.extend(of_files(world));
    blocked.sort();
    blocked.dedup();
    Fact::known(Agent { running: process.is_some(), channel, blocked }, from.clone())
}

fn unreachable_agent() -> Agent {
    Agent { running: false, channel: false, blocked: vec![] }
}

/// `-b`, `--blacklist`, `--block-rpcs`, and `--allow-rpcs`, which blocks the rest (QEMU `qga/main.c`).
fn of_command(command: &str) -> Vec<String> {
    let words: Vec<&str> = command.split(['\0', ' ', '=']).collect();
    let mut blocked = Vec::new();
    for pair in words.windows(2) {
        match pair {
            ["-b" | "--blacklist" | "--block-rpcs", list] => blocked.extend(names(list)),
            ["-a" | "--allow-rpcs", list] => blocked.extend(refused(&names(list))),
            _ => {}
        }
    }
    blocked
}

fn of_files(world: &World) -> Vec<String> {
    let mut blocked = Vec::new();
    for path in ["/etc/qemu/qemu-ga.conf", "/etc/sysconfig/qemu-ga"] {
        let values = world.text(path).map(|text| assignments::parse(&text));
        for (name, value) in values.value().into_iter().flatten() {
            match name.as_str() {
                "blacklist" | "block-rpcs" | "BLACKLIST_RPC" => blocked.extend(names(value)),
                "allow-rpcs" => blocked.extend(refused(&names(value))),
                "FILTER_RPC_ARGS" => blocked.extend(of_command(value)),
                _ => {}
            }
        }
    }
    blocked
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn refused(allowed: &[String]) -> Vec<String> {
    let missing = TIME.into_iter().filter(|name| !allowed.iter().any(|allowed| allowed == name));
    missing.map(str::to_owned).collect()
}
