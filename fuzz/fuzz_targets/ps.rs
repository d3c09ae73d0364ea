//! ps(1).
#![no_main]

use kvmtime_wire::ps;

kvmtime_fuzz::parser!(|text: &str| ps::parse(text));
