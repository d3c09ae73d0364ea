//! systemd units.
#![no_main]

use kvmtime_wire::unit;

kvmtime_fuzz::parser!(|text: &str| unit::words(text, "Unit", "After"));
