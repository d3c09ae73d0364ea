//! What a command is asked to look at.

use std::path::{Path, PathBuf};

use kvmtime_core::facts::{Facts, Role};
use kvmtime_wire::domain::NoDomain;

use super::exit::Hinted;
use crate::probe::{self, Missing, Part};
use crate::world::{self, Entry, Input, World};

/// Where to look; the same for every command that reads.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Targets {
    /// What to look at
    ///
    /// Nothing: this machine as host and guest, every libvirt domain and every QEMU process on it.
    /// `host`, `guest`, `domain:NAME`, `domain:all`, `qemu:PID`, `qemu:all`: a part of that.
    /// `libvirt+URI`: the domains of that libvirt.
    /// FILE: domain XML, a QEMU command line, or facts as JSON; `-` is standard input.
    /// FOLDER: a mounted root, a support archive or what `capture` wrote, else every *.xml below it and all of those
    /// that it holds.
    #[arg(value_name = "TARGET", verbatim_doc_comment)]
    names: Vec<String>,

    /// Facts that `kvmtime facts --format json` printed, here or elsewhere
    #[arg(long = "facts", value_name = "FILE")]
    facts: Vec<PathBuf>,

    /// Judge evidence as that, instead of what it looks like
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<RoleName>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleName {
    Host,
    Guest,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Host => Self::Host,
            RoleName::Guest => Self::Guest,
        }
    }
}

/// What was found where the targets point.
#[derive(Default)]
pub(super) struct Found {
    /// Facts, one set for each machine or file: a host's facts say nothing about another's domains.
    pub(super) sets: Vec<Facts>,
    /// What is in a folder, still to be read: there may be many.
    pub(super) entries: Vec<Entry>,
    /// What could not be read, and why.
    pub(super) failures: Vec<anyhow::Error>,
}

impl Targets {
    /// Whether nothing was named, which for most commands is everything here.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.facts.is_empty()
    }

    /// Reads everything but the files of folders.
    pub(super) fn find(&self) -> Found {
        let mut found = Found::default();
        let mut parts = Vec::new();
        for name in &self.names {
            match (part(name), name.strip_prefix("libvirt+")) {
                (Some(part), _) if parts.contains(&part) => {}
                (Some(part), _) => parts.push(part),
                (None, Some(uri)) => {
                    found.add(probe::of_libvirt(&World::live(), uri).map_err(missing))
                }
                (None, None) => self.path(Path::new(name), &mut found),
            }
        }
        for path in &self.facts {
            let set = text_of(path).and_then(|text| facts_of(path, &text));
            found.add(set);
        }
        if self.names.is_empty() && self.facts.is_empty() {
            parts = vec![Part::Roles, Part::Domains, Part::Qemus];
        }
        if !parts.is_empty() {
            let (facts, absent) = probe::gather(&World::live(), &parts);
            found.sets.push(facts);
            found.failures.extend(absent.into_iter().map(missing));
        }
        join_guests(&mut found.sets);
        found
    }

    fn path(&self, path: &Path, found: &mut Found) {
        match world::input(path) {
            Ok(Input::File(text)) => found.add(read(path, &text)),
            Ok(Input::Evidence) => found.add(self.evidence(path)),
            Ok(Input::Folder(entries)) if entries.is_empty() => found.failures.push(
                Hinted::new(
                    format!("nothing to check in {}", path.display()),
                    "evidence holds proc/, sys/, etc/ or sos_commands/; any other folder must hold *.xml or evidence",
                )
                .into(),
            ),
            Ok(Input::Folder(entries)) => found.entries.extend(entries),
            Err(error) => found.failures.push(absent(path, &error)),
        }
    }

    fn evidence(&self, path: &Path) -> anyhow::Result<Facts> {
        if world::is_unfinished(path) {
            let message = format!("cannot read {}: its capture was not finished", path.display());
            return Err(Hinted::new(message, "what it lacks would be taken for absent").into());
        }
        Ok(probe::evidence(&World::folder(path), path, self.role.map(Role::from)))
    }

    /// Reads what is in a folder. XML that holds no domain, as libvirt's networks beside its domains, is passed over.
    pub(super) fn entry(&self, entry: &Entry) -> anyhow::Result<Option<Facts>> {
        match entry {
            Entry::Evidence(path) => self.evidence(path).map(Some),
            Entry::File(path) => of_folder(path),
        }
    }
}

impl Found {
    fn add(&mut self, set: anyhow::Result<Facts>) {
        match set {
            Ok(facts) => self.sets.push(facts),
            Err(error) => self.failures.push(error),
        }
    }
}

/// Puts a guest's evidence beside the domain that was named with it, so that either is judged by what the other tells.
/// What runs which guest is not known where there are several.
fn join_guests(sets: &mut Vec<Facts>) {
    let is_guest = |set: &Facts| {
        let guests = set.machines.iter().all(|machine| machine.roles == [Role::Guest]);
        !set.machines.is_empty() && guests && set.domains.is_empty()
    };
    let guests = sets.iter().filter(|set| is_guest(set)).count();
    let domains = sets.iter().filter(|set| !set.domains.is_empty()).count();
    if guests != 1 || domains != 1 {
        return;
    }
    let Some(guest) = sets.iter().position(is_guest) else { return };
    let guest = sets.remove(guest);
    if let Some(with) = sets.iter_mut().find(|set| !set.domains.is_empty()) {
        with.append(guest);
    }
}

fn missing(part: Missing) -> anyhow::Error {
    Hinted::new(part.what, part.hint).into()
}

/// A word that is not a path: a part of this machine. `./host` is a path.
fn part(name: &str) -> Option<Part> {
    let (kind, rest) = name.split_once(':').unwrap_or((name, ""));
    Some(match (kind, rest) {
        ("host", "") => Part::Role(Role::Host),
        ("guest", "") => Part::Role(Role::Guest),
        ("domain", "all") => Part::Domains,
        ("domain", name) if !name.is_empty() => Part::Domain(name.to_owned()),
        ("qemu", "all") => Part::Qemus,
        ("qemu", pid) if !pid.is_empty() => Part::Qemu(pid.to_owned()),
        _ => return None,
    })
}

fn of_folder(path: &Path) -> anyhow::Result<Option<Facts>> {
    let text = world::read(path).map_err(|error| unreadable(path, &error))?;
    match probe::domain::of_text(&text, &path.to_string_lossy()) {
        Ok(domains) => Ok(Some(Facts { domains, ..Facts::default() })),
        Err(NoDomain::Other(_)) => Ok(None),
        Err(error) => Err(anyhow::anyhow!("cannot read {}: {error}", path.display())),
    }
}

/// Reads a file that was named: its first character tells what it is.
fn read(path: &Path, text: &str) -> anyhow::Result<Facts> {
    let name = path.to_string_lossy();
    let wrong = |error| anyhow::anyhow!("cannot read {name}: {error}");
    match text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).chars().next() {
        None => anyhow::bail!("cannot read {name}: it is empty"),
        Some('{') => facts_of(path, text),
        // What is no UTF-8 may be XML all the same, and libvirt's parser tells of it.
        Some('<' | char::REPLACEMENT_CHARACTER) => {
            let domains = probe::domain::of_text(text, &name).map_err(wrong)?;
            Ok(Facts { domains, ..Facts::default() })
        }
        _ => {
            let qemus = vec![probe::qemu::of_text(text, &name).map_err(|error| {
                let message = format!("cannot read {name}: {error}");
                Hinted::new(message, "expected domain XML, a QEMU command line, or facts as JSON")
            })?];
            Ok(Facts { qemus, ..Facts::default() })
        }
    }
}

fn facts_of(path: &Path, text: &str) -> anyhow::Result<Facts> {
    let facts: Facts = serde_json::from_str(text)
        .map_err(|error| anyhow::anyhow!("cannot read {}: not facts: {error}", path.display()))?;
    if facts.schema == kvmtime_core::facts::SCHEMA {
        return Ok(facts);
    }
    let message = format!("cannot read {}: its schema is {}", path.display(), facts.schema);
    Err(Hinted::new(message, format!("this version reads {}", kvmtime_core::facts::SCHEMA)).into())
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    match world::input(path) {
        Ok(Input::File(text)) => Ok(text),
        Ok(_) => anyhow::bail!("cannot read {}: it is a folder", path.display()),
        Err(error) => Err(absent(path, &error)),
    }
}

/// What was named and cannot be read may not have been meant as a path.
fn absent(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let unreadable = unreadable(path, error);
    if error.kind() != std::io::ErrorKind::NotFound {
        return unreadable;
    }
    let hint = "a target is a path, host, guest, domain:NAME, qemu:PID or libvirt+URI";
    Hinted::new(unreadable.to_string(), hint).into()
}

fn unreadable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let message = format!("cannot read {}: {}", path.display(), world::plain(error));
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Hinted::new(message, "run as root").into(),
        _ => anyhow::anyhow!(message),
    }
}
