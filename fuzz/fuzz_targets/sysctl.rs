//! sysctl(8) of the BSDs.
#![no_main]

use kvmtime_wire::sysctl;

kvmtime_fuzz::parser!(|text: &str| (sysctl::timecounter(text), sysctl::hz(text), sysctl::time_deltas(text)));
