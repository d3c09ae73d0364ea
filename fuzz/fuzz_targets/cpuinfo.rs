//! `/proc/cpuinfo`.
#![no_main]

use kvmtime_wire::cpuinfo;

kvmtime_fuzz::parser!(|text: &str| cpuinfo::parse(text));
