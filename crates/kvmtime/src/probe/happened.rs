//! What happened to libvirt's domains, by the traces that it leaves on disk: saved images, snapshots, QEMU's logs.

use kvmtime_core::facts::Happened;
use kvmtime_core::finding::Evidence;
use kvmtime_core::lifecycle::Happening;
use kvmtime_wire::klog::{self, Event};
use kvmtime_wire::snapshot;

use crate::world::World;

const SAVED: &str = "/var/lib/libvirt/qemu/save";
const SNAPSHOTS: &str = "/var/lib/libvirt/qemu/snapshot";
const LOGS: &str = "/var/log/libvirt/qemu";

pub(super) fn probe(world: &World) -> Vec<Happened> {
    let mut all: Vec<Happened> = stems(world, SAVED, ".save")
        .map(|domain| {
            let path = format!("{SAVED}/{domain}.save");
            of(&domain, Happening::Saved, "managed save image", "there".to_owned(), path)
        })
        .collect();
    for domain in stems(world, SNAPSHOTS, "") {
        let folder = format!("{SNAPSHOTS}/{domain}");
        let paths = stems(world, &folder, ".xml").map(|name| format!("{folder}/{name}.xml"));
        all.extend(paths.filter_map(|path| taken(world, &domain, path)).next());
    }
    for domain in stems(world, LOGS, ".log") {
        all.extend(logged(world, &domain));
    }
    all
}

/// Something that was seen of a domain.
pub(super) fn of(
    domain: &str,
    what: Happening,
    seen: &'static str,
    value: String,
    from: String,
) -> Happened {
    let shown = Evidence { what: seen.into(), value, from };
    Happened { domain: domain.to_owned(), what, shown }
}

/// The names in a folder that end so, without that end.
fn stems<'a>(world: &World, folder: &str, end: &'a str) -> impl Iterator<Item = String> + use<'a> {
    let names = world.names(folder).value().cloned().unwrap_or_default();
    names.into_iter().filter_map(move |name| name.strip_suffix(end).map(str::to_owned))
}

/// A snapshot with the memory of a domain that ran.
fn taken(world: &World, domain: &str, path: String) -> Option<Happened> {
    // The rest is the domain as it was, with its passwords: a recording world keeps none of it.
    let needed = |line: &str| line.contains("domainsnapshot>") || line.contains("<state>");
    let text = world.log(&path, needed);
    let state = snapshot::state(text.value()?).ok()??;
    let live = matches!(state.as_str(), "running" | "paused");
    live.then(|| of(domain, Happening::Snapshotted, "state of a snapshot", state, path))
}

/// The first of each kind that a domain's log tells of.
fn logged(world: &World, domain: &str) -> Vec<Happened> {
    let path = format!("{LOGS}/{domain}.log");
    let log = world.log(&path, klog::concerns_time);
    let mut all: Vec<Happened> = vec![];
    for line in log.value().map(|text| klog::parse(text)).unwrap_or_default() {
        let what = match line.event {
            Event::GuestSaved => Happening::Saved,
            Event::GuestMigrated => Happening::Migrated,
            Event::GuestReverted => Happening::Snapshotted,
            _ => continue,
        };
        if !all.iter().any(|seen| seen.what == what) {
            all.push(of(domain, what, "log", line.text, format!("{path}:{}", line.line)));
        }
    }
    all
}
