//! What sysbench prints.
#![no_main]

use kvmtime_wire::sysbench;

kvmtime_fuzz::parser!(|text: &str| sysbench::rate(text));
