//! A configuration file.

use serde::Deserialize;
use toml::Spanned;

use super::allow::Entry;
use super::{Guard, Layer, Refused, Set, Word};
use crate::output::{Colour, Format, Limit};

/// What a file may set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fail_on: Option<Spanned<Limit>>,
    format: Option<Spanned<Format>>,
    only: Option<Spanned<Vec<String>>>,
    skip: Option<Spanned<Vec<String>>>,
    colour: Option<Spanned<Colour>>,
    lifecycle: Option<Spanned<Vec<Word>>>,
    budget: Option<Spanned<String>>,
    guard: Option<Spanned<Guard>>,
    #[serde(default)]
    allow: Vec<Spanned<Entry>>,
}

/// Reads a file's text.
pub(super) fn parse(path: &str, text: &str) -> Result<Layer, Refused> {
    let file: File = toml::from_str(text).map_err(|error| refused(path, text, &error))?;
    let place = |at: usize| format!("{path}:{}", line(text, at));
    let mut allow = Vec::new();
    for entry in file.allow {
        let place = place(entry.span().start);
        allow.push(entry.into_inner().check(place)?);
    }
    Ok(Layer {
        fail_on: file.fail_on.map(|set| sourced(set, place)),
        format: file.format.map(|set| sourced(set, place)),
        only: file.only.map(|set| sourced(set, place)),
        skip: file.skip.map(|set| sourced(set, place)),
        colour: file.colour.map(|set| sourced(set, place)),
        lifecycle: file.lifecycle.map(|set| sourced(set, place)),
        budget: file.budget.map(|set| sourced(set, place)),
        guard: file.guard.map(|set| sourced(set, place)),
        allow,
    })
}

fn sourced<T>(set: Spanned<T>, place: impl Fn(usize) -> String) -> Set<T> {
    let from = place(set.span().start);
    Set::new(set.into_inner(), from)
}

/// A byte's line, counted from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

fn refused(path: &str, text: &str, error: &toml::de::Error) -> Refused {
    let message = error.message().trim().replace('\n', ", ");
    let Some(span) = error.span() else {
        return Refused::new(format!("cannot read {path}: {message}"));
    };
    let number = line(text, span.start);
    let said = match key(text, number) {
        Some(key) if !message.contains(&format!("`{key}`")) => format!("{key}: {message}"),
        _ => message,
    };
    Refused::new(format!("cannot read {path}: line {number}: {said}"))
}

/// The key that a line belongs to: its own, or that of the list or table which it goes on with.
fn key(text: &str, number: usize) -> Option<&str> {
    let before: Vec<&str> = text.lines().take(number).collect();
    before.iter().rev().find_map(|line| {
        let line = line.trim();
        let list = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
        let table = list.or_else(|| line.strip_prefix('[')?.strip_suffix(']'));
        let key = table.or_else(|| line.split_once('=').map(|(key, _)| key))?.trim();
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (!key.is_empty() && key.chars().all(bare)).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::super::reference::SETTINGS;
    use super::*;

    fn error(text: &str) -> String {
        parse("c.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_line_and_key() {
        assert_eq!(
            error("# mine\n\nfail_on = 'loud'\n"),
            "cannot read c.toml: line 3: fail_on: unknown variant `loud`, \
             expected one of `info`, `warning`, `error`, `never`"
        );
        assert!(error("colour = 'never'\nfail_no = 1\n").starts_with(
            "cannot read c.toml: line 2: unknown field `fail_no`, expected one of `fail_on`, "
        ));
        assert_eq!(
            error("only = [\n  'a',\n  7,\n]\n"),
            "cannot read c.toml: line 3: only: invalid type: integer `7`, expected a string"
        );
        assert!(error("skip = [").starts_with("cannot read c.toml: line 1: skip: "));
        assert_eq!(
            error("\n[[allow]]\nrule = 'guest-notsc'\n"),
            "cannot read c.toml: line 2: allow: missing field `reason`"
        );
    }

    #[test]
    fn the_reference_speaks_of_every_key_and_of_no_other() {
        let said = error("nothing = 1");
        let (_, known) = said.split_once("expected one of ").unwrap();
        let known: Vec<&str> = known.split(", ").map(|key| key.trim_matches('`')).collect();
        let keys: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
        assert_eq!(keys, known);
        for setting in SETTINGS {
            parse("c.toml", setting.example)
                .unwrap_or_else(|error| panic!("{}: {error}", setting.key));
        }
    }
}
