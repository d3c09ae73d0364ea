//! `bcdedit /enum {current}`.
#![no_main]

use kvmtime_wire::windows::bcdedit;

kvmtime_fuzz::parser!(|text: &str| bcdedit::parse(text));
