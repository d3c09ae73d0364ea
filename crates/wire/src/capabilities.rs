//! libvirt's capabilities XML (`virsh capabilities`).

use roxmltree::Node;
use serde::{Deserialize, Serialize};

use crate::text::{Lines, ParseError};
use crate::xml::{Documents, child, other_root};

/// What it says about time. Source: libvirt `docs/formatcaps.rst`, `src/conf/cpu_conf.c`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// `host/cpu/arch`.
    pub arch: Option<String>,
    /// `host/cpu/model`.
    pub model: Option<String>,
    /// `host/cpu/counter[@name='tsc']`.
    pub tsc: Option<Tsc>,
    /// `host/power_management` children, such as `suspend_mem`.
    pub power_management: Vec<String>,
}

/// The host's time stamp counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tsc {
    /// Hz.
    pub frequency: u64,
    /// Whether the hardware can run a guest's counter at another rate; `None` when libvirt does not say.
    pub scaling: Option<bool>,
}

/// Reads the document.
///
/// # Errors
/// Where the text is no XML, or names what it holds instead of capabilities.
pub fn parse(text: &str) -> Result<Capabilities, ParseError> {
    let lines = Lines::new(text);
    let nothing = || ParseError::instead_of("capabilities", text);
    let (start, document) = Documents::new(&lines).next().ok_or_else(nothing)??;
    let root = document.root_element();
    if !root.has_tag_name("capabilities") {
        return Err(other_root(root, &lines, start));
    }
    let Some(host) = child(root, "host") else { return Ok(Capabilities::default()) };
    let cpu = child(host, "cpu");
    let word = |name| Some(child(cpu?, name)?.text()?.trim().to_owned());
    let power = child(host, "power_management");
    let states = power.iter().flat_map(Node::children).filter(Node::is_element);
    Ok(Capabilities {
        arch: word("arch"),
        model: word("model"),
        tsc: cpu.and_then(tsc),
        power_management: states.map(|state| state.tag_name().name().to_owned()).collect(),
    })
}

fn tsc(cpu: Node<'_, '_>) -> Option<Tsc> {
    let mut counters = cpu.children().filter(|node| node.has_tag_name("counter"));
    let tsc = counters.find(|counter| counter.attribute("name") == Some("tsc"))?;
    Some(Tsc {
        frequency: tsc.attribute("frequency")?.parse().ok()?,
        scaling: match tsc.attribute("scaling") {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPABILITIES: &str = include_str!("../tests/transcripts/capabilities/9.0.xml");

    #[test]
    fn the_counter_and_sleep_states_are_read() {
        let host = parse(CAPABILITIES).unwrap();
        assert_eq!(host.tsc, Some(Tsc { frequency: 2_194_843_000, scaling: Some(true) }));
        assert_eq!(host.model.as_deref(), Some("Cascadelake-Server-noTSX"));
        assert_eq!(host.power_management, ["suspend_mem", "suspend_hybrid"]);
        let silent = CAPABILITIES.replace(" scaling='yes'", "");
        assert_eq!(parse(&silent).unwrap().tsc.unwrap().scaling, None);
        assert!(parse("<capabilities><host/></capabilities>").unwrap().tsc.is_none());
    }

    #[test]
    fn other_documents_are_named() {
        let error = parse("\n<domainCapabilities/>").unwrap_err();
        assert_eq!(error.message, "the root is <domainCapabilities>");
        assert!(parse("error: failed to connect to the hypervisor").is_err());
        assert!(parse("").is_err());
    }
}
