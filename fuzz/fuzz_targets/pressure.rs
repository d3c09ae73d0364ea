//! `/proc/pressure/cpu`.
#![no_main]

use kvmtime_wire::pressure;

kvmtime_fuzz::parser!(|text: &str| pressure::some_avg60(text));
