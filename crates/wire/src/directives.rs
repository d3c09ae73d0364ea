//! Configuration files with one directive a line, as chrony's and ntpd's.

use serde::{Deserialize, Serialize};

/// The directives of a configuration, included files in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directives(pub Vec<Directive>);

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// Its name, in lower case where the daemon takes any.
    pub name: String,
    /// Its arguments, as written.
    pub args: Vec<String>,
    /// The file that it stands in.
    pub path: String,
    /// The line in that file, counted from 1.
    pub line: u32,
}

/// What a directive makes the daemon read besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Include<'a> {
    /// The files that match a pattern of glob(7), as in a shell; a path without wildcards is that file.
    Files(&'a str),
    /// The files in these folders whose name ends so, sorted by name; of two with one name, that of the earlier folder.
    Folders {
        /// The folders.
        folders: &'a [String],
        /// The end of the names.
        suffix: &'static str,
    },
}

impl Directives {
    /// Every use of a directive.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.0.iter().filter(move |directive| directive.name == name)
    }

    /// The use that counts: the last one.
    pub fn last(&self, name: &str) -> Option<&Directive> {
        self.0.iter().rev().find(|directive| directive.name == name)
    }
}

impl Directive {
    /// The directive of a line counted from 0, or nothing when there are no words.
    pub(crate) fn new(
        mut words: impl Iterator<Item = String>,
        path: &str,
        index: usize,
    ) -> Option<Self> {
        Some(Self {
            name: words.next()?,
            args: words.collect(),
            path: path.to_owned(),
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
        })
    }

    /// `file:line`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }

    /// The directive as one would write it.
    pub fn text(&self) -> String {
        std::iter::once(&self.name)
            .chain(&self.args)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The argument after a keyword, as in `poll 2`.
    pub fn option(&self, keyword: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg.eq_ignore_ascii_case(keyword))?;
        self.args.get(at + 1).map(String::as_str)
    }

    /// Whether a keyword stands among the arguments.
    pub fn has(&self, keyword: &str) -> bool {
        self.args.iter().any(|arg| arg.eq_ignore_ascii_case(keyword))
    }
}
