//! `reg query KEY`.
#![no_main]

use kvmtime_wire::windows::reg;

kvmtime_fuzz::parser!(|text: &str| reg::values(text));
