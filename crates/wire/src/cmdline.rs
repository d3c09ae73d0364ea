//! The kernel's command line, `/proc/cmdline`.

use serde::{Deserialize, Serialize};

/// The parameters, in order. Source: Linux `lib/cmdline.c:next_arg`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cmdline(pub Vec<Parameter>);

/// `name` or `name=value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The part before `=`, dashes kept as written.
    pub name: String,
    /// The part after it.
    pub value: Option<String>,
}

impl Cmdline {
    /// Splits at blanks outside double quotes; what follows ` -- ` belongs to init.
    pub fn parse(text: &str) -> Self {
        let mut quoted = false;
        let split = |c: char| {
            quoted ^= c == '"';
            c.is_whitespace() && !quoted
        };
        let words = text.split(split).filter(|word| !word.is_empty()).take_while(|w| *w != "--");
        Self(words.map(Parameter::parse).collect())
    }

    /// The last value given to a parameter; dashes and underscores are the same to the kernel.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|parameter| parameter.is(name))?.value.as_deref()
    }

    /// Whether the parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|parameter| parameter.is(name))
    }

    /// Every occurrence of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Parameter> {
        self.0.iter().filter(move |parameter| parameter.is(name))
    }
}

fn dash(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

impl Parameter {
    fn is(&self, name: &str) -> bool {
        self.name.bytes().map(dash).eq(name.bytes().map(dash))
    }

    fn parse(word: &str) -> Self {
        let word = word.replace('"', "");
        match word.split_once('=') {
            Some((name, value)) => Self { name: name.to_owned(), value: Some(value.to_owned()) },
            None => Self { name: word, value: None },
        }
    }
}

impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_wins_and_init_keeps_its_own() {
        let line = Cmdline::parse(
            "ro clocksource=hpet clocksource=tsc no_kvmclock x=\"a b\" -- divider=10\n",
        );
        assert_eq!(line.get("clocksource"), Some("tsc"));
        assert!(line.has("no-kvmclock") && !line.has("divider"));
        assert_eq!(line.get("x"), Some("a b"));
    }
}
