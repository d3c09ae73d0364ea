//! `boot.ini`.
#![no_main]

use kvmtime_wire::windows::boot_ini;

kvmtime_fuzz::parser!(|text: &str| boot_ini::default_entry(text));
