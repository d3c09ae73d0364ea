//! timesyncd.conf(5).
#![no_main]

use kvmtime_wire::timesync;

kvmtime_fuzz::parser!(|text: &str| timesync::conf(text, "timesyncd.conf"));
