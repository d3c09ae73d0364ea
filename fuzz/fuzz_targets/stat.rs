//! `/proc/stat`.
#![no_main]

use kvmtime_wire::stat;

kvmtime_fuzz::parser!(|text: &str| stat::parse(text));
