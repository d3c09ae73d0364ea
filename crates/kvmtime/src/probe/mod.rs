//! Reads the world into facts: one file per source. Nothing here judges.

mod agent;
mod chrony;
mod clocksource;
mod directives;
pub(crate) mod domain;
mod kvm;
mod libvirt;
mod log;
mod machine;
mod ntp;
mod power;
mod processes;
mod ptp;
pub(crate) mod qemu;
mod rtc;
mod system;
mod timex;
mod units;

use std::path::Path;

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Facts, Role};

use crate::world::World;

/// The libvirt of the system.
const SYSTEM: &str = "qemu:///system";

/// A part of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The machine, as whatever it is.
    Roles,
    /// The machine, as that.
    Role(Role),
    /// Every domain of the system's libvirt.
    Domains,
    /// One of them.
    Domain(String),
    /// Every domain of another libvirt.
    Libvirt(String),
    /// Every QEMU process.
    Qemus,
    /// One of them, by its id.
    Qemu(String),
}

/// Reads these parts of the machine, and says what of them is not there.
pub(crate) fn gather(world: &World, parts: &[Part]) -> (Facts, Vec<String>) {
    let mut facts = Facts::default();
    let mut missing = Vec::new();
    let guess = parts.contains(&Part::Roles);
    let system = parts
        .iter()
        .any(|part| !matches!(part, Part::Libvirt(_) | Part::Qemus | Part::Qemu(_)))
        .then(|| libvirt::ask(world, SYSTEM));
    let processes = processes::probe(world);
    for part in parts {
        match part {
            Part::Roles | Part::Role(_) => {}
            Part::Domains => match system.as_ref().map(Fact::get) {
                // Who asks for everything that is here does not ask for a libvirt that is not.
                Some(Err(why)) if !guess => missing.push(format!("cannot reach libvirt: {why}")),
                _ => facts.domains.extend(system.iter().flat_map(libvirt::domains)),
            },
            Part::Domain(name) => {
                let all = system.iter().flat_map(libvirt::domains);
                match all.into_iter().find(|domain| domain.name == *name) {
                    Some(domain) => facts.domains.push(domain),
                    None => missing.push(no_domain(name, system.as_ref())),
                }
            }
            Part::Libvirt(uri) => {
                let answer = libvirt::ask(world, uri);
                match answer.get() {
                    Ok(_) => facts.domains.extend(libvirt::domains(&answer)),
                    Err(why) => missing.push(format!("cannot reach libvirt: {why}")),
                }
            }
            Part::Qemus => facts.qemus.extend(qemu::of_processes(world, &processes)),
            Part::Qemu(pid) => {
                let mut all = qemu::of_processes(world, &processes).into_iter();
                match all.find(|qemu| qemu.id == format!("qemu/{pid}")) {
                    Some(qemu) => facts.qemus.push(qemu),
                    None => missing.push(format!("there is no QEMU process {pid}")),
                }
            }
        }
    }
    let roles = parts.iter().filter_map(|part| match part {
        Part::Role(role) => Some(*role),
        _ => None,
    });
    let mut roles: Vec<Role> = roles.collect();
    if guess || !roles.is_empty() {
        let answer = system.unwrap_or_else(|| libvirt::ask(world, SYSTEM));
        let mut machine = machine::probe(world, &processes, &answer);
        if guess {
            roles = machine::roles(&machine, !facts.qemus.is_empty());
        }
        machine.roles = roles;
        facts.machines.push(machine);
    }
    (facts, missing)
}

fn no_domain(name: &str, system: Option<&kvmtime_core::fact::Fact<libvirt::Answer>>) -> String {
    match system.map(Fact::get) {
        Some(Err(why)) => format!("cannot look for domain {name}: {why}"),
        _ => format!("libvirt knows no domain {name}"),
    }
}

/// Reads a folder of evidence as one machine with its domains.
pub(crate) fn evidence(world: &World, path: &Path, role: Option<Role>) -> Facts {
    let answer = libvirt::ask(world, SYSTEM);
    let processes = processes::probe(world);
    let mut machine = machine::probe(world, &processes, &answer);
    path.to_string_lossy().trim_end_matches('/').clone_into(&mut machine.source);
    let qemus = qemu::of_processes(world, &processes);
    machine.roles = match role {
        Some(role) => vec![role],
        None => machine::roles(&machine, !qemus.is_empty()),
    };
    let domains = match answer.value() {
        Some(_) => libvirt::domains(&answer),
        None => libvirt::domains_of_files(world),
    };
    Facts { machines: vec![machine], domains, qemus, ..Facts::default() }
}
