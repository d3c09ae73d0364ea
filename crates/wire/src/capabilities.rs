//! libvirt's capabilities XML (`virsh capabilities`).

use serde::{Deserialize, Serialize};

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
/// STUB
pub fn parse(_: &str) -> Result<Capabilities, crate::text::ParseError> {
    Ok(Capabilities::default())
}
