//! libvirt's domain XML.
#![no_main]

use kvmtime_wire::domain;

kvmtime_fuzz::parser!(|text: &str| domain::parse(text));
