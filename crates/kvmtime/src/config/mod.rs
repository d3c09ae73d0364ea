//! Settings: from flags, the environment and files, each with where it came from.

mod allow;
mod file;
mod guard;
mod lifecycle;
mod reference;

use std::path::Path;

use clap::ValueEnum;
use kvmtime_core::budget::Budget;
use kvmtime_core::fact::{Fact, Unknown, Why};
use kvmtime_core::facts::Stated;
use kvmtime_core::rule::Rule;
use kvmtime_core::rules;

use crate::output::{Colour, Format, Limit};
use crate::world::{self, World};

pub(crate) use allow::Allowance;
pub(crate) use guard::Guard;
pub(crate) use lifecycle::Word;
pub use reference::page as config_page;

/// Where the files are, unless another place is named.
const FOLDER: &str = "/etc/kvmtime";

/// Why settings are refused.
#[derive(Debug, Default, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// What is wrong, and where.
    pub(crate) message: String,
    /// What to try.
    pub(crate) hint: Option<String>,
}

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

/// A value, and who set it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set<T> {
    /// What it is set to.
    pub(crate) value: T,
    /// A flag, a variable, `FILE:LINE`, or `default`.
    pub(crate) from: String,
}

impl<T> Set<T> {
    pub(crate) fn new(value: T, from: impl Into<String>) -> Self {
        Self { value, from: from.into() }
    }
}

/// What one source sets.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) fail_on: Option<Set<Limit>>,
    pub(crate) format: Option<Set<Format>>,
    pub(crate) only: Option<Set<Vec<String>>>,
    pub(crate) skip: Option<Set<Vec<String>>>,
    pub(crate) colour: Option<Set<Colour>>,
    pub(crate) lifecycle: Option<Set<Vec<Word>>>,
    pub(crate) budget: Option<Set<String>>,
    pub(crate) guard: Option<Set<Guard>>,
    pub(crate) allow: Vec<Allowance>,
}

/// What holds after all sources were asked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The least severity that counts.
    pub(crate) fail_on: Set<Limit>,
    /// How a report is printed.
    pub(crate) format: Set<Format>,
    /// The rules to judge by; none: all.
    pub(crate) only: Set<Vec<String>>,
    /// The rules not to judge by.
    pub(crate) skip: Set<Vec<String>>,
    /// Whether text is coloured.
    pub(crate) colour: Set<Colour>,
    /// What may happen to guests; empty: nobody says.
    pub(crate) lifecycle: Set<Vec<Word>>,
    /// How far off a clock may be; empty: nobody asks.
    pub(crate) budget: Set<String>,
    /// What the daemon does.
    pub(crate) guard: Set<Guard>,
    /// What is accepted, expired or not.
    pub(crate) allow: Vec<Allowance>,
    /// The files that were read.
    pub(crate) files: Vec<String>,
}

impl Settings {
    /// Asks flags, then the environment, then files: the first that sets something wins. Only allowances add up.
    ///
    /// # Errors
    /// What cannot be read or understood, or names a rule that does not exist.
    pub(crate) fn load(flags: Layer, path: Option<&Path>) -> Result<Self, Refused> {
        let mut layers = vec![flags, environment()?];
        let texts = texts(path)?;
        for (path, text) in texts.iter().rev() {
            layers.push(file::parse(path, text)?);
        }
        let mut allow: Vec<Allowance> = Vec::new();
        for layer in layers.iter_mut().rev() {
            allow.append(&mut layer.allow);
        }
        let settings = Self {
            fail_on: first(&layers, |layer| &layer.fail_on),
            format: first(&layers, |layer| &layer.format),
            only: first(&layers, |layer| &layer.only),
            skip: first(&layers, |layer| &layer.skip),
            colour: first(&layers, |layer| &layer.colour),
            lifecycle: first(&layers, |layer| &layer.lifecycle),
            budget: first(&layers, |layer| &layer.budget),
            guard: first(&layers, |layer| &layer.guard),
            allow,
            files: texts.into_iter().map(|(path, _)| path).collect(),
        };
        for set in [&settings.only, &settings.skip] {
            set.value.iter().try_for_each(|id| known(id, &set.from))?;
        }
        settings.stated()?;
        Ok(settings)
    }

    /// What is stated of the guests and asked of the clocks.
    ///
    /// # Errors
    /// When it cannot be meant.
    pub(crate) fn stated(&self) -> Result<Stated, Refused> {
        let Set { value: budget, from } = &self.budget;
        let wrong = |why| Refused::new(format!("{from}: {why}"));
        let budget = (!budget.is_empty()).then(|| Budget::named(budget)).transpose();
        Ok(Stated {
            lifecycle: lifecycle::lifecycle(&self.lifecycle)?,
            budget: budget.map_err(wrong)?,
        })
    }

    /// The rules to judge by.
    ///
    /// # Errors
    /// When none is left.
    pub(crate) fn rules(&self) -> Result<Vec<&'static Rule>, Refused> {
        let (only, skip) = (&self.only.value, &self.skip.value);
        let named = |list: &[String], rule: &Rule| list.iter().any(|id| id == rule.id);
        let wanted =
            |rule: &&'static Rule| (only.is_empty() || named(only, rule)) && !named(skip, rule);
        let left: Vec<_> = rules::CATALOGUE.iter().copied().filter(wanted).collect();
        if left.is_empty() {
            let froms =
                format!("`only` comes from {}, `skip` from {}", self.only.from, self.skip.from);
            return Err(Refused {
                message: "no rule is left to judge by".into(),
                hint: Some(froms),
            });
        }
        Ok(left)
    }
}

fn first<T: Clone + Default>(layers: &[Layer], pick: fn(&Layer) -> &Option<Set<T>>) -> Set<T> {
    let set = layers.iter().find_map(|layer| pick(layer).clone());
    set.unwrap_or_else(|| Set::new(T::default(), "default"))
}

/// The format that the environment asks for.
pub(crate) fn asked_format() -> Option<Format> {
    variable("KVMTIME_FORMAT", word).ok().flatten().map(|set| set.value)
}

/// What variables set; an empty one sets nothing.
fn environment() -> Result<Layer, Refused> {
    Ok(Layer {
        fail_on: variable("KVMTIME_FAIL_ON", word)?,
        format: variable("KVMTIME_FORMAT", word)?,
        only: variable("KVMTIME_ONLY", |text| Ok(list(text)))?,
        skip: variable("KVMTIME_SKIP", |text| Ok(list(text)))?,
        colour: variable("KVMTIME_COLOUR", word)?,
        lifecycle: variable("KVMTIME_LIFECYCLE", |text| {
            list(text).iter().map(|w| word(w)).collect()
        })?,
        budget: variable("KVMTIME_BUDGET", |text| Ok(text.to_owned()))?,
        guard: None,
        allow: Vec::new(),
    })
}

fn variable<T>(
    name: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<Set<T>>, Refused> {
    let Some(text) = world::variable(name) else { return Ok(None) };
    let value = read(&text).map_err(|why| Refused::new(format!("{name}: {why}")))?;
    Ok(Some(Set::new(value, name)))
}

fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let words = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        format!("{text} is not one of {}", words.join(", "))
    })
}

fn list(text: &str) -> Vec<String> {
    let separates = |c: char| c == ',' || c.is_whitespace();
    text.split(separates).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The configuration files with their texts, those that win last.
fn texts(path: Option<&Path>) -> Result<Vec<(String, String)>, Refused> {
    let world = World::live();
    let named = path.map(|path| path.to_string_lossy().into_owned());
    let named = named.or_else(|| world::variable("KVMTIME_CONFIG"));
    let place = named.as_deref().unwrap_or(FOLDER);
    match world.names(place) {
        Fact::Known { value, .. } => of_folder(&world, place.trim_end_matches('/'), &value),
        Fact::Unknown(_) if named.is_some() => Ok(vec![(place.to_owned(), text(&world, place)?)]),
        Fact::Unknown(unknown) if unknown.unknown == Why::Absent => Ok(Vec::new()),
        Fact::Unknown(unknown) => Err(unreadable(&unknown)),
    }
}

fn of_folder(
    world: &World,
    folder: &str,
    names: &[String],
) -> Result<Vec<(String, String)>, Refused> {
    let has = |name: &str| names.iter().any(|other| other == name);
    let mut paths = Vec::new();
    if has("config.toml") {
        paths.push(format!("{folder}/config.toml"));
    }
    if has("config.d") {
        let parts = world.names(&format!("{folder}/config.d"));
        let parts = parts.get().map_err(|unknown| unreadable(&unknown))?.iter();
        let parts = parts.filter(|name| name.ends_with(".toml"));
        paths.extend(parts.map(|name| format!("{folder}/config.d/{name}")));
    }
    paths.into_iter().map(|path| text(world, &path).map(|text| (path, text))).collect()
}

fn text(world: &World, path: &str) -> Result<String, Refused> {
    world.text(path).get().cloned().map_err(|unknown| unreadable(&unknown))
}

fn unreadable(unknown: &Unknown) -> Refused {
    Refused::new(format!("cannot read {unknown}"))
}

/// Refuses a rule that does not exist.
fn known(id: &str, from: &str) -> Result<(), Refused> {
    if rules::find(id).is_some() {
        return Ok(());
    }
    let hint = match rules::nearest(id) {
        Some(near) => format!("did you mean {near}?"),
        None => "`kvmtime rules` lists them".to_owned(),
    };
    Err(Refused { message: format!("{from}: there is no rule {id}"), hint: Some(hint) })
}
