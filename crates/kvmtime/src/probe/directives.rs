//! Configuration files that lead to others: chrony.conf, ntp.conf.

use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_wire::directives::{Directive, Directives, Include};

use crate::world::World;

/// How one daemon's files are read.
pub(super) struct Syntax {
    pub(super) parse: fn(&str, &str) -> Vec<Directive>,
    pub(super) include: fn(&Directive) -> Option<Include<'_>>,
}

/// Files within files before it is a circle; chrony allows 10 (`conf.c:MAX_INCLUDE_LEVEL`).
const MOST: usize = 10;

/// The first of these files that is there, with what it includes in its place. What an included file says that may not be
/// read could be anything: the whole is unknown then.
pub(super) fn probe(world: &World, paths: &[&str], syntax: &Syntax) -> Fact<Directives> {
    let read = |path: &&str| match world.text(path) {
        Fact::Known { value: text, from } => {
            let mut all = Directives::default();
            match follow(world, syntax, (syntax.parse)(&text, path), &mut all.0, MOST) {
                Ok(()) => Fact::known(all, from),
                Err(unknown) => Fact::Unknown(unknown),
            }
        }
        Fact::Unknown(unknown) => Fact::Unknown(unknown),
    };
    paths.iter().map(read).reduce(|first, next| first.or_else(|| next)).unwrap_or_default()
}

fn follow(
    world: &World,
    syntax: &Syntax,
    directives: Vec<Directive>,
    all: &mut Vec<Directive>,
    left: usize,
) -> Result<(), Unknown> {
    for directive in directives {
        let include = (syntax.include)(&directive);
        let files = include.map_or(Ok(vec![]), |include| files(world, &include))?;
        all.push(directive);
        for path in files.iter().filter(|_| left > 0) {
            let text = world.text(path);
            let inner = (syntax.parse)(text.optional()?.map_or("", String::as_str), path);
            follow(world, syntax, inner, all, left - 1)?;
        }
    }
    Ok(())
}

fn files(world: &World, include: &Include<'_>) -> Result<Vec<String>, Unknown> {
    match include {
        Include::Files(pattern) => {
            let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
            match name.split_once('*') {
                None => Ok(vec![(*pattern).to_owned()]),
                Some((start, end)) => below(world, folder, |name| {
                    name.len() >= start.len() + end.len()
                        && name.starts_with(start)
                        && name.ends_with(end)
                }),
            }
        }
        Include::Folders { folders, suffix } => {
            let mut seen = std::collections::HashSet::new();
            let mut all = vec![];
            for folder in *folders {
                let found = below(world, folder, |name| name.ends_with(suffix))?;
                all.extend(
                    found
                        .into_iter()
                        .filter(|path| seen.insert(path.rsplit('/').next().map(str::to_owned))),
                );
            }
            Ok(all)
        }
    }
}

/// Archives leave folders out that are made anew at each boot.
fn below(
    world: &World,
    folder: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Unknown> {
    let names = match world.names(folder) {
        Fact::Unknown(Unknown { unknown: Why::NotCollected, .. }) => vec![],
        names => names.optional()?.cloned().unwrap_or_default(),
    };
    Ok(names.iter().filter(|name| wanted(name)).map(|name| format!("{folder}/{name}")).collect())
}
