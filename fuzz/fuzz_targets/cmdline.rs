//! `/proc/cmdline`.
#![no_main]

use kvmtime_wire::cmdline;

kvmtime_fuzz::parser!(|text: &str| cmdline::Cmdline::parse(text));
