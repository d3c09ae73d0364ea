//! The reference of the configuration, as a page of the book and of the manual.

use super::{Files, command, page};

pub(super) fn add(files: &mut Files) {
    let text = kvmtime::config_page();
    let source = format!("kvmtime {}", command().get_version().unwrap_or_default());
    let manual = page::manual("kvmtime.toml", "5", &source, "the settings of kvmtime", &text);
    files.insert("packaging/man/kvmtime.toml.5".into(), manual);
    files.insert("docs/reference/config.md".into(), text.into());
}
