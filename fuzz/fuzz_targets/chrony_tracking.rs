//! `chronyc tracking`.
#![no_main]

use kvmtime_wire::chrony;

kvmtime_fuzz::parser!(|text: &str| chrony::tracking::parse(text));
