//! `chronyc sources`.
#![no_main]

use kvmtime_wire::chrony;

kvmtime_fuzz::parser!(|text: &str| chrony::sources::parse(text));
