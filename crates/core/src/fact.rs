//! A fact: a value and where it was read, or the reason why it is not known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing read from the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact<T> {
    /// It was read.
    Known {
        /// What was read.
        value: T,
        /// Where: a path, a command line, a kernel call.
        from: String,
    },
    /// It was not, and this is why.
    Unknown(Unknown),
}

/// Why a fact is not known, and where it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The reason.
    pub unknown: Why,
    /// Where it was looked for.
    pub from: String,
}

/// The reasons for not knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There is no such thing there.
    Absent,
    /// It is there, and reading it was not allowed.
    Denied,
    /// Reading or understanding it failed.
    Failed(String),
    /// The evidence does not hold it, which says nothing about the machine.
    NotCollected,
}

impl<T> Fact<T> {
    /// A value read from `from`.
    pub fn known(value: T, from: impl Into<String>) -> Self {
        Self::Known { value, from: from.into() }
    }

    /// Looked for in `from`, not found there.
    pub fn absent(from: impl Into<String>) -> Self {
        Self::unknown(Why::Absent, from)
    }

    /// Looked for in `from`, which could not be read or understood.
    pub fn failed(why: impl fmt::Display, from: impl Into<String>) -> Self {
        Self::unknown(Why::Failed(why.to_string()), from)
    }

    /// Not known, for the given reason.
    pub fn unknown(why: Why, from: impl Into<String>) -> Self {
        Self::Unknown(Unknown { unknown: why, from: from.into() })
    }

    /// The value; `?` on the error makes a rule *skipped, because …*.
    ///
    /// # Errors
    /// The reason why the value is not known.
    pub fn get(&self) -> Result<&T, Unknown> {
        match self {
            Self::Known { value, .. } => Ok(value),
            Self::Unknown(unknown) => Err(unknown.clone()),
        }
    }

    /// The value, for a rule to which not knowing makes no difference.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The value; `None` when it is known not to exist. Any other unknown stays unknown.
    ///
    /// # Errors
    /// The reason why it is not known whether there is a value.
    pub fn optional(&self) -> Result<Option<&T>, Unknown> {
        match self {
            Self::Known { value, .. } => Ok(Some(value)),
            Self::Unknown(Unknown { unknown: Why::Absent, .. }) => Ok(None),
            Self::Unknown(unknown) => Err(unknown.clone()),
        }
    }

    /// Where it was read, or looked for.
    pub fn from(&self) -> &str {
        match self {
            Self::Known { from, .. } | Self::Unknown(Unknown { from, .. }) => from,
        }
    }

    /// The same source, another view of the value.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known { value, from } => Fact::Known { value: view(value), from },
            Self::Unknown(unknown) => Fact::Unknown(unknown),
        }
    }

    /// The same source, understood further; not understanding it is a failure of that source.
    pub fn parse<U, E: fmt::Display>(self, parse: impl FnOnce(T) -> Result<U, E>) -> Fact<U> {
        match self {
            Self::Known { value, from } => match parse(value) {
                Ok(value) => Fact::Known { value, from },
                Err(error) => Fact::failed(error, from),
            },
            Self::Unknown(unknown) => Fact::Unknown(unknown),
        }
    }

    /// This fact if it is known, else the other. Of two that are not known, one that is absent gives way: there may be
    /// something in the other place.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        let absent = matches!(self.optional(), Ok(None));
        match self {
            Self::Known { .. } => self,
            Self::Unknown(_) => match other() {
                Self::Unknown(other) if !absent || other.unknown == Why::Absent => self,
                other => other,
            },
        }
    }
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::unknown(Why::NotCollected, "")
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unknown {
            Why::Absent => write!(f, "{}: not there", self.from),
            Why::Denied => write!(f, "{}: permission denied", self.from),
            Why::Failed(why) => write!(f, "{}: {why}", self.from),
            Why::NotCollected if self.from.is_empty() => f.write_str("not collected"),
            Why::NotCollected => write!(f, "{}: not collected", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_survives_json_both_ways() {
        let facts: [Fact<Vec<String>>; 4] = [
            Fact::known(vec!["tsc".into()], "/sys/x"),
            Fact::absent("/sys/y"),
            Fact::failed("line 3: no number", "/proc/z"),
            Fact::default(),
        ];
        for fact in facts {
            let json = serde_json::to_string(&fact).unwrap();
            assert_eq!(serde_json::from_str::<Fact<Vec<String>>>(&json).unwrap(), fact, "{json}");
        }
    }

    #[test]
    fn absent_is_an_answer_and_denied_is_not() {
        assert_eq!(Fact::<u8>::absent("x").optional(), Ok(None));
        assert!(Fact::<u8>::unknown(Why::Denied, "x").optional().is_err());
        let denied = || Fact::<u8>::unknown(Why::Denied, "y");
        assert_eq!(Fact::absent("x").or_else(denied), denied());
        assert_eq!(denied().or_else(|| Fact::absent("x")), denied());
        assert_eq!(Fact::<u8>::absent("x").or_else(|| Fact::absent("y")).from(), "x");
    }
}
