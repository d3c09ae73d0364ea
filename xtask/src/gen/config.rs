//! The reference of the configuration.

use super::Files;

pub(super) fn add(files: &mut Files) {
    files.insert("docs/reference/config.md".into(), kvmtime::config_page().into());
}
