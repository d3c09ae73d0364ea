//! Domain XML.

use std::sync::Arc;

use kvmtime_core::facts::{Domain, Source};
use kvmtime_wire::domain::{self, NoDomain};

/// Every domain in a text that came from `path`.
pub(crate) fn of_text(text: &str, path: &str) -> Result<Vec<Domain>, NoDomain> {
    let source = Arc::new(Source::new(text));
    let domains = domain::parse(text)?.into_iter();
    Ok(domains.map(|xml| Domain::of(xml, path, path, Arc::clone(&source))).collect())
}
