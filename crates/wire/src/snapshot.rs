//! libvirt's metadata of a domain's snapshot.

use crate::text::{Lines, ParseError};
use crate::xml::{Documents, child, other_root};

/// The domain's state when the snapshot was taken, `domainsnapshot/state`: `running` and `paused` come with its memory,
/// `shutoff` and `disk-snapshot` without. Source: libvirt `src/conf/snapshot_conf.c`, `docs/formatsnapshot.rst`.
///
/// # Errors
/// Where the text is no XML, or names what it holds instead of a snapshot.
pub fn state(text: &str) -> Result<Option<String>, ParseError> {
    let lines = Lines::new(text);
    let nothing = || ParseError::instead_of("a snapshot", text);
    let (start, document) = Documents::new(&lines).next().ok_or_else(nothing)??;
    let root = document.root_element();
    if !root.has_tag_name("domainsnapshot") {
        return Err(other_root(root, &lines, start));
    }
    Ok(child(root, "state").and_then(|state| Some(state.text()?.trim().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::state;

    #[test]
    fn the_state_is_read_and_no_other_document_is() {
        let text = include_str!("../tests/transcripts/snapshot/running.xml");
        assert_eq!(state(text).unwrap().as_deref(), Some("running"));
        assert_eq!(state("<domainsnapshot/>"), Ok(None));
        assert_eq!(state("<domain/>").unwrap_err().message, "the root is <domain>");
    }
}
