//! Configuration files that lead to others: chrony.conf, ntp.conf.

use kvmtime_core::fact::Fact;
use kvmtime_wire::directives::{Directive, Directives, Include};

use crate::world::World;

/// How one daemon's files are read.
pub(super) struct Syntax {
    pub(super) parse: fn(&str, &str) -> Vec<Directive>,
    pub(super) include: fn(&Directive) -> Option<Include<'_>>,
}

/// Files within files before it is a circle; chrony allows 10 (`conf.c:MAX_INCLUDE_LEVEL`).
const MOST: usize = 10;

/// The first of these files that is there, with what it includes in its place.
pub(super) fn probe(world: &World, paths: &[&str], syntax: &Syntax) -> Fact<Directives> {
    let read = |path: &&str| {
        world.text(path).map(|text| {
            let mut all = Directives::default();
            follow(world, syntax, (syntax.parse)(&text, path), &mut all.0, MOST);
            all
        })
    };
    paths.iter().map(read).reduce(|first, next| first.or_else(|| next)).unwrap_or_default()
}

fn follow(
    world: &World,
    syntax: &Syntax,
    directives: Vec<Directive>,
    all: &mut Vec<Directive>,
    left: usize,
) {
    for directive in directives {
        let files =
            (syntax.include)(&directive).map_or_else(Vec::new, |include| files(world, &include));
        all.push(directive);
        for path in files.iter().filter(|_| left > 0) {
            let text = world.text(path);
            let inner = (syntax.parse)(text.value().map_or("", String::as_str), path);
            follow(world, syntax, inner, all, left - 1);
        }
    }
}

fn files(world: &World, include: &Include<'_>) -> Vec<String> {
    match include {
        Include::Files(pattern) => {
            let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
            match name.split_once('*') {
                None => vec![(*pattern).to_owned()],
                Some((start, end)) => below(world, folder, |name| {
                    name.len() >= start.len() + end.len()
                        && name.starts_with(start)
                        && name.ends_with(end)
                }),
            }
        }
        Include::Folders { folders, suffix } => {
            let mut seen = std::collections::HashSet::new();
            let all = folders
                .iter()
                .flat_map(|folder| below(world, folder, |name| name.ends_with(suffix)));
            all.filter(|path| seen.insert(path.rsplit('/').next().map(str::to_owned))).collect()
        }
    }
}

fn below(world: &World, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let names = world.names(folder);
    let names = names.value().into_iter().flatten().filter(|name| wanted(name));
    names.map(|name| format!("{folder}/{name}")).collect()
}
