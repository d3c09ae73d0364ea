//! `virsh capabilities`.
#![no_main]

use kvmtime_wire::capabilities;

kvmtime_fuzz::parser!(|text: &str| capabilities::parse(text));
