//! chrony.conf(5), directive by directive.

use serde::{Deserialize, Serialize};

/// The directives of a configuration, included files in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChronyConf(pub Vec<Directive>);

/// One directive. Chrony's and ntp.conf's are of the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// In lower case: chrony takes any.
    pub name: String,
    /// Its arguments, as written.
    pub args: Vec<String>,
    /// The file that it stands in.
    pub path: String,
    /// The line in that file, counted from 1.
    pub line: u32,
}

impl ChronyConf {
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
