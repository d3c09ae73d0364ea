//! chrony.conf(5).
#![no_main]

use kvmtime_wire::chrony;

kvmtime_fuzz::parser!(|text: &str| chrony::conf::parse(text, "chrony.conf"));
