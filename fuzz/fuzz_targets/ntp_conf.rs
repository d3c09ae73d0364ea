//! ntp.conf(5).
#![no_main]

use kvmtime_wire::ntp;

kvmtime_fuzz::parser!(|text: &str| ntp::conf::parse(text, "ntp.conf"));
