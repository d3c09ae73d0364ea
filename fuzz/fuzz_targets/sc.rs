//! `sc.exe query SERVICE`.
#![no_main]

use kvmtime_wire::windows::sc;

kvmtime_fuzz::parser!(|text: &str| sc::runs(text));
