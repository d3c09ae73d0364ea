//! `ntpq -pn`.
#![no_main]

use kvmtime_wire::ntp;

kvmtime_fuzz::parser!(|text: &str| ntp::peers::parse(text));
