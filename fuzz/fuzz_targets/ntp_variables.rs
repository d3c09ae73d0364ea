//! `ntpq -c rv`.
#![no_main]

use kvmtime_wire::ntp::variables;

kvmtime_fuzz::parser!(|text: &str| variables::parse(text));
