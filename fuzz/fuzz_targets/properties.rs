//! PowerShell's `Format-List`.
#![no_main]

use kvmtime_wire::windows::properties;

kvmtime_fuzz::parser!(|text: &str| properties::parse(text));
