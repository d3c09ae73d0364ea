//! Reads the world into facts: one file per source. Nothing here judges.

mod agent;
mod bsd;
mod chrony;
mod clocksource;
mod directives;
pub(crate) mod domain;
mod happened;
mod installed;
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
pub(crate) mod scripts;
mod system;
mod timex;
mod units;
mod windows;

pub(crate) use installed::{Installed, installed, utc_offset};
pub(crate) use libvirt::rivals;

use std::path::Path;

use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_core::facts::{Facts, Machine, Role, Timex};

use crate::world::World;

/// A clock that somebody keeps is known to be right by less.
const LATELY_US: i64 = 1_000_000;

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
    /// Every QEMU process.
    Qemus,
    /// One of them, by its id.
    Qemu(String),
}

/// A part that is not there.
#[derive(Debug)]
pub(crate) struct Missing {
    /// What is missing.
    pub(crate) what: String,
    /// What to try.
    pub(crate) hint: &'static str,
}

/// Reads these parts of the machine, and says what of them is not there. The machine itself is always among the facts:
/// without a role it is not judged, but tells what its domains run on.
pub(crate) fn gather(world: &World, parts: &[Part]) -> (Facts, Vec<Missing>) {
    let libvirt = libvirt::ask(world, SYSTEM);
    let processes = processes::probe(world);
    let domains = libvirt::domains(&libvirt);
    let qemus = qemu::of_processes(world, &processes, &domains);
    let mut machine = machine::probe(world, &processes, &libvirt);
    let mut facts = Facts::default();
    let mut missing = Vec::new();
    for part in parts {
        match part {
            Part::Roles => machine.roles = machine::roles(world, &machine, !qemus.is_empty()),
            Part::Role(role) => machine.roles.push(*role),
            Part::Domains => match libvirt.get() {
                // Who asks for everything that is here does not ask for a libvirt that is not.
                Err(why) if why.unknown != Why::Absent || !parts.contains(&Part::Roles) => {
                    missing.push(unreachable(&why));
                }
                _ => facts.domains.clone_from(&domains),
            },
            Part::Domain(name) => match domains.iter().find(|domain| domain.name == *name) {
                Some(domain) => facts.domains.push(domain.clone()),
                None => missing.push(no_domain(name, &libvirt)),
            },
            Part::Qemus => facts.qemus.clone_from(&qemus),
            Part::Qemu(pid) => match qemus.iter().find(|qemu| qemu.id == format!("qemu/{pid}")) {
                Some(qemu) => facts.qemus.push(qemu.clone()),
                None => missing.push(Missing {
                    what: format!("there is no QEMU process {pid}"),
                    hint: "`kvmtime check qemu:all` finds those that there are",
                }),
            },
        }
    }
    facts.machines.push(machine);
    (facts, missing)
}

/// Why nobody keeps this machine's clock right, in words; nothing if somebody does.
///
/// # Errors
/// Why it is not known.
pub(crate) fn unsynchronised(world: &World) -> Result<Option<String>, Unknown> {
    let timex = timex::probe(world);
    // The error that the kernel admits grows by 1.8 s an hour when nobody is there any more: who set it lately need not be looked for.
    let lately = |timex: &Timex| timex.synchronised() && timex.maxerror_us < LATELY_US;
    if timex.value().is_some_and(lately) {
        return Ok(None);
    }
    let machine = machine::daemons(world, &processes::probe(world), false);
    Machine { timex, rtc: rtc::probe(world), ..machine }.unsynchronised()
}

/// Reads the domains of a libvirt, here or elsewhere; of a host elsewhere only libvirt tells.
pub(crate) fn of_libvirt(world: &World, uri: &str) -> Result<Facts, Missing> {
    let answer = libvirt::ask(world, uri);
    answer.get().map_err(|why| unreachable(&why))?;
    let mut host = match uri.contains(":///") {
        true => machine::probe(world, &processes::probe(world), &answer),
        false => Machine { libvirt: libvirt::host(world, &answer), ..Machine::default() },
    };
    uri.clone_into(&mut host.source);
    Ok(Facts { machines: vec![host], domains: libvirt::domains(&answer), ..Facts::default() })
}

fn no_domain(name: &str, libvirt: &Fact<libvirt::Answer>) -> Missing {
    match libvirt.get() {
        Err(why) => unreachable(&why),
        Ok(_) => Missing {
            what: format!("libvirt knows no domain {name}"),
            hint: "`virsh list --all` names those that there are",
        },
    }
}

fn unreachable(why: &Unknown) -> Missing {
    let what = format!("cannot reach libvirt: {why}");
    Missing { what, hint: "does its daemon run? `virsh -c URI list` asks it too" }
}

/// Reads a folder of evidence as one machine with its domains.
pub(crate) fn evidence(world: &World, path: &Path, role: Option<Role>) -> Facts {
    let answer = libvirt::ask(world, SYSTEM);
    let processes = processes::probe(world);
    let mut machine = machine::probe(world, &processes, &answer);
    path.to_string_lossy().trim_end_matches('/').clone_into(&mut machine.source);
    let domains = match answer.value() {
        Some(_) => libvirt::domains(&answer),
        None => libvirt::domains_of_files(world),
    };
    let qemus = qemu::of_processes(world, &processes, &domains);
    machine.roles = match role {
        Some(role) => vec![role],
        None => machine::roles(world, &machine, !qemus.is_empty()),
    };
    Facts { machines: vec![machine], domains, qemus, ..Facts::default() }
}
