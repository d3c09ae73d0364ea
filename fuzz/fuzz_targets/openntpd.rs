//! `ntpctl -s status`.
#![no_main]

use kvmtime_wire::openntpd;

kvmtime_fuzz::parser!(|text: &str| openntpd::parse(text));
