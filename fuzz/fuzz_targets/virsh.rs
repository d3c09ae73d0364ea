//! `virsh version`.
#![no_main]

use kvmtime_wire::virsh;

kvmtime_fuzz::parser!(|text: &str| virsh::versions(text));
