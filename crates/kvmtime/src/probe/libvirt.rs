//! libvirt: its domains, its view of the host, its settings.

use std::io;
use std::sync::Arc;

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Domain, Happened, HookLine, LibvirtGuests, LibvirtHost, Source};
use kvmtime_core::lifecycle::Happening;
use kvmtime_wire::{assignments, capabilities, domain, virsh};
use serde::{Deserialize, Serialize};

use super::{SYSTEM, happened};
use crate::world::World;

/// What libvirt answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    uri: String,
    version: String,
    qemu_version: Option<String>,
    capabilities: Option<String>,
    domains: Vec<AnsweredDomain>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AnsweredDomain {
    name: String,
    running: bool,
    autostart: bool,
    #[serde(default)]
    paused: bool,
    #[serde(default)]
    saved: bool,
    #[serde(default)]
    snapshotted: bool,
    xml: String,
    definition: Option<String>,
}

const DEFINITIONS: &str = "/etc/libvirt/qemu";
const ARCHIVE: &str = "/sos_commands/virsh";
const HOOKS: &str = "/etc/libvirt/hooks";

/// Asks the libvirt of that URI. The system's own is only asked when its socket is there, which costs next to nothing.
pub(super) fn ask(world: &World, uri: &str) -> Fact<Answer> {
    if uri != SYSTEM {
        return world.ask(&format!("libvirt {}", uri.replace('/', ".")), uri, || answer(uri));
    }
    world.ask("libvirt", uri, || {
        let sockets = ["libvirt-sock-ro", "virtqemud-sock-ro"];
        if sockets.iter().all(|name| !crate::world::is_there(&format!("/run/libvirt/{name}"))) {
            return Err(io::ErrorKind::NotFound.into());
        }
        answer(uri)
    })
}

#[cfg(feature = "libvirt")]
fn answer(uri: &str) -> io::Result<Answer> {
    let libvirt = kvmtime_sys::libvirt::Connection::open_read_only(uri)?;
    let domains = libvirt.domains()?.into_iter().map(|domain| AnsweredDomain {
        name: domain.name,
        running: domain.running,
        autostart: domain.autostart,
        paused: domain.paused,
        saved: domain.saved,
        snapshotted: domain.snapshotted,
        xml: domain.xml,
        definition: domain.definition,
    });
    Ok(Answer {
        uri: uri.to_owned(),
        version: libvirt.libvirt_version()?,
        qemu_version: libvirt.hypervisor_version().ok(),
        capabilities: libvirt.capabilities().ok(),
        domains: domains.collect(),
    })
}

#[cfg(not(feature = "libvirt"))]
fn answer(_: &str) -> io::Result<Answer> {
    Err(io::Error::other("this kvmtime is built without libvirt"))
}

/// The domains in an answer; one whose XML cannot be read is left out, as libvirt made it itself.
pub(super) fn domains(answer: &Fact<Answer>) -> Vec<Domain> {
    let Some(answer) = answer.value() else { return vec![] };
    answer.domains.iter().filter_map(|domain| of(domain, &answer.uri)).collect()
}

fn of(answered: &AnsweredDomain, uri: &str) -> Option<Domain> {
    let path = format!("virsh dumpxml {}", answered.name);
    let xml = domain::parse(&answered.xml).ok()?.into_iter().next()?;
    let mut found = Domain::of(xml, uri, &path, Arc::new(Source::new(&answered.xml)));
    found.running = Fact::known(answered.running, uri);
    let path = format!("virsh dumpxml --inactive {}", answered.name);
    let read = |text: &String| domain::parse(text).map(|all| all.into_iter().next());
    found.definition = match answered.definition.as_ref().map(read).transpose() {
        Ok(definition) => match definition.flatten() {
            Some(xml) => Fact::known(xml, path),
            None => Fact::absent(path),
        },
        Err(error) => Fact::failed(error, path),
    };
    Some(found)
}

/// The domains of a machine whose libvirt did not answer: those that a support archive dumped, else the definitions on disk.
pub(super) fn domains_of_files(world: &World) -> Vec<Domain> {
    let dumps = files(world, ARCHIVE, |name| name.contains("_dumpxml_"));
    if !dumps.is_empty() {
        return dumps;
    }
    files(world, DEFINITIONS, |name| name.ends_with(".xml"))
}

fn files(world: &World, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<Domain> {
    let names = world.names(folder);
    let names = names.value().into_iter().flatten().filter(|name| wanted(name));
    names
        .flat_map(|name| {
            let path = format!("{folder}/{name}");
            let text = world.text(&path);
            let text = text.value().map_or("", String::as_str);
            let source = Arc::new(Source::new(text));
            let domains = domain::parse(text).unwrap_or_default().into_iter();
            domains
                .map(|xml| Domain::of(xml, &path, &path, Arc::clone(&source)))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// What libvirt says of the host.
pub(super) fn host(world: &World, answer: &Fact<Answer>) -> LibvirtHost {
    let names = |answer: Answer| {
        let started = answer.domains.into_iter().filter(|domain| domain.autostart);
        started.map(|domain| domain.name).collect()
    };
    let archived =
        || world.run_archived(&["virsh", "-r", "version"]).map(|text| virsh::versions(&text));
    LibvirtHost {
        version: answer
            .clone()
            .map(|answer| answer.version)
            .or_else(|| archived().parse(|(libvirt, _)| libvirt.ok_or("it names no version"))),
        qemu_version: answer
            .clone()
            .parse(|answer| answer.qemu_version.ok_or("it names no version"))
            .or_else(|| archived().parse(|(_, qemu)| qemu.ok_or("it names no hypervisor"))),
        capabilities: answer
            .clone()
            .parse(|answer| answer.capabilities.ok_or("it gives no capabilities"))
            .or_else(|| world.run_archived(&["virsh", "-r", "capabilities"]))
            .parse(|text| capabilities::parse(&text)),
        guests: guests(world),
        hooks: hooks(world),
        autostart: answer.clone().map(names).or_else(|| {
            let links = world.names(&format!("{DEFINITIONS}/autostart"));
            links.map(|names| {
                names.iter().map(|name| name.trim_end_matches(".xml").to_owned()).collect()
            })
        }),
        running_vcpus: answer.clone().map(|_| {
            let running = domains(answer).into_iter().filter(|d| d.running.value() == Some(&true));
            running.map(|domain| domain.xml.vcpus.map_or(1, |vcpus| vcpus.value)).sum()
        }),
        happened: told(answer).into_iter().chain(happened::probe(world)).collect(),
    }
}

/// What the scripts of libvirt.org/hooks.html say of guests' clocks; `NAME.d` holds more of them.
fn hooks(world: &World) -> Fact<Vec<HookLine>> {
    let sets_clocks = |line: &str| line.contains("domtime") || line.contains("guest-set-time");
    let files = |folder: &str| world.names(folder).value().cloned().unwrap_or_default();
    world.names(HOOKS).map(|names| {
        let paths = names.into_iter().flat_map(|name| match name.ends_with(".d") {
            true => files(&format!("{HOOKS}/{name}"))
                .into_iter()
                .map(|script| format!("{name}/{script}"))
                .collect(),
            false => vec![name],
        });
        let lines = paths.flat_map(|name| {
            let path = format!("{HOOKS}/{name}");
            let text = world.log(&path, sets_clocks).value().cloned().unwrap_or_default();
            let lines = text.lines().enumerate().filter(|(_, line)| sets_clocks(line));
            lines
                .map(|(at, line)| HookLine {
                    path: path.clone(),
                    line: at + 1,
                    text: line.to_owned(),
                })
                .collect::<Vec<_>>()
        });
        lines.collect()
    })
}

/// What libvirt tells of its domains' lives.
fn told(answer: &Fact<Answer>) -> Vec<Happened> {
    let Some(answer) = answer.value() else { return vec![] };
    let of = |domain: &AnsweredDomain| {
        let all = [
            (domain.paused, Happening::Paused, "virsh domstate", "paused"),
            (domain.saved, Happening::Saved, "managed save image", "there"),
            (domain.snapshotted, Happening::Snapshotted, "snapshot with memory", "there"),
        ];
        let name = domain.name.clone();
        all.into_iter().filter(|(shown, ..)| *shown).map(move |(_, what, seen, value)| {
            happened::of(&name, what, seen, value.to_owned(), answer.uri.clone())
        })
    };
    answer.domains.iter().flat_map(of).collect()
}

/// Who else on this host sets guests' clocks, in words.
pub(crate) fn rivals(world: &World) -> Vec<String> {
    let guests = guests(world);
    let on = guests.value().filter(|guests| guests.sync_time && guests.on_shutdown == "suspend");
    let guests = on.map(|_| {
        let from = guests.from();
        format!("libvirt-guests sets guests' clocks, too, and never looks: SYNC_TIME in {from}")
    });
    let hooks = hooks(world).value().cloned().unwrap_or_default().into_iter();
    let hooks = hooks.map(|HookLine { path, line, text }| {
        format!("a hook sets guests' clocks, too: {path}:{line}: {}", text.trim())
    });
    guests.into_iter().chain(hooks).collect()
}

/// libvirt-guests(8). What a line that is missing means is written in the script: libvirt's own saves the guests, Debian's,
/// which is told from it by the place of its settings, shuts them down. Newer packages install no settings at all.
fn guests(world: &World) -> Fact<LibvirtGuests> {
    const REDHAT: &str = "/etc/sysconfig/libvirt-guests";
    let settings = |text: String, default: &str| {
        let values = assignments::parse(&text);
        LibvirtGuests {
            on_shutdown: values.get("ON_SHUTDOWN").map_or(default, String::as_str).to_owned(),
            sync_time: values.get("SYNC_TIME").is_some_and(|value| value != "0"),
        }
    };
    let debian = world.text("/etc/default/libvirt-guests").map(|text| settings(text, "shutdown"));
    debian.or_else(|| {
        let text = world.text(REDHAT).or_else(|| match world.exists("/etc/sysconfig").value() {
            Some(true) => Fact::known(String::new(), format!("{REDHAT}: not there")),
            _ => Fact::absent(REDHAT),
        });
        text.map(|text| settings(text, "suspend"))
    })
}
