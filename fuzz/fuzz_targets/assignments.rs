//! Files of `NAME=value` lines.
#![no_main]

use kvmtime_wire::assignments;

kvmtime_fuzz::parser!(|text: &str| assignments::parse(text));
