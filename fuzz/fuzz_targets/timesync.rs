//! `timedatectl timesync-status`.
#![no_main]

use kvmtime_wire::timesync;

kvmtime_fuzz::parser!(|text: &str| timesync::parse(text));
