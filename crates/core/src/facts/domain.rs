//! One libvirt domain.

use std::borrow::Cow;
use std::sync::Arc;

use kvmtime_wire::domain::{DomainXml, Word};
use kvmtime_wire::text::At;
use serde::{Deserialize, Serialize};

use super::model::Once;
use super::{Source, System};
use crate::check::Subject;
use crate::fact::{Fact, Why};
use crate::finding::Finding;
use crate::lifecycle::Lifecycle;
use crate::plan::{Change, Object};
use crate::profile::Os;

/// What a running domain's own XML does not tell.
const DEFINITION: &str = "the definition of this running domain (virsh dumpxml --inactive)";

/// A domain, from a file or from libvirt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// `domain/NAME`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The file, or libvirt's URI.
    pub from: String,
    /// What to show in front of a line number: the file, or `virsh dumpxml NAME`.
    pub path: String,
    /// Whether it runs now; a file does not tell.
    pub running: Fact<bool>,
    /// The guest's operating system, by libosinfo's id or by hints.
    pub os: Fact<Os>,
    /// The XML: live when it runs, else the definition.
    pub xml: DomainXml,
    /// The persistent definition of a running domain.
    pub definition: Fact<DomainXml>,
    /// The text that `xml` was read from, to show the lines that findings speak of.
    #[serde(skip)]
    pub source: Arc<Source>,
    #[serde(skip)]
    pub(super) once: Once,
    /// What may happen to it; see [`super::Facts::settle`].
    #[serde(skip)]
    pub lifecycle: Lifecycle,
}

impl Domain {
    /// A domain as its XML describes it.
    pub fn of(xml: DomainXml, from: &str, path: &str, source: Arc<Source>) -> Self {
        let definition = match xml.live {
            true => Fact::unknown(Why::NotCollected, format!("{path}: {DEFINITION}")),
            false => Fact::absent(path),
        };
        let name =
            xml.name.as_ref().map_or_else(|| "unnamed".to_owned(), |name| name.value.clone());
        Self {
            id: format!("domain/{name}"),
            name,
            from: from.to_owned(),
            path: path.to_owned(),
            running: Fact::absent(path),
            os: crate::profile::of_domain(&xml, path),
            xml,
            definition,
            source,
            once: Once::default(),
            lifecycle: Lifecycle::default(),
        }
    }

    /// The subject of a report.
    pub fn subject(&self) -> Subject {
        Subject {
            id: self.id.clone(),
            kind: "domain".to_owned(),
            name: self.name.clone(),
            os: self.os.value().map(|os| os.id.clone()),
            from: self.from.clone(),
            whole: false,
            system: System::default(),
        }
    }

    /// `path:line:column`.
    pub fn place(&self, at: At) -> String {
        format!("{}:{}:{}", self.path, at.line, at.column)
    }

    /// Puts a finding at an attribute and takes the attribute as evidence; `what` is its XPath below `domain`.
    #[must_use]
    pub fn blame(&self, finding: Finding, what: &str, word: &Word) -> Finding {
        let value = word.value.clone();
        finding.saw(what.to_owned(), value, self.place(word.at)).at(&self.path, word.at)
    }

    /// Takes what is missing as evidence and puts a finding at the tag that should hold it; `what` is its XPath.
    #[must_use]
    pub fn lacks(&self, finding: Finding, what: impl Into<Cow<'static, str>>, at: At) -> Finding {
        finding.saw(what, "absent", self.place(at)).at(&self.path, at)
    }

    /// The change of an attribute to another value; the quotes stay as they are.
    pub fn rewrite(&self, attribute: &str, word: &Word, value: &str) -> Change {
        let line = self.source.line(word.at.end_line);
        let end = (word.at.end_column as usize).saturating_sub(2);
        let quote = line.and_then(|line| line.chars().nth(end)).filter(|end| *end == '"');
        let quote = quote.unwrap_or('\'');
        let expect = format!("{attribute}={quote}{}{quote}", word.value);
        self.edit(word.at, expect, Some(format!("{attribute}={quote}{value}{quote}")))
    }

    /// The removal of an attribute.
    pub fn remove(&self, attribute: &str, word: &Word) -> Change {
        Change { value: None, ..self.rewrite(attribute, word, "") }
    }

    /// The change of a stretch of this domain's XML.
    pub fn edit(&self, at: At, expect: impl Into<String>, value: Option<String>) -> Change {
        let object = Object::Domain { name: self.name.clone(), at };
        Change { object, expect: Some(expect.into()), value }
    }
}
