//! `w32tm /query /status /verbose`.
#![no_main]

use kvmtime_wire::windows::w32tm;

kvmtime_fuzz::parser!(|text: &str| w32tm::parse(text));
