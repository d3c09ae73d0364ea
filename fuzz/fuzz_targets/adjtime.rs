//! `/etc/adjtime`.
#![no_main]

use kvmtime_wire::adjtime;

kvmtime_fuzz::parser!(|text: &str| adjtime::parse(text));
