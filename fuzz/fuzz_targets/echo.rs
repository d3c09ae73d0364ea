//! What `kvmtime echo` answers.
#![no_main]

use kvmtime_wire::echo;

kvmtime_fuzz::parser!(|text: &str| echo::parse(text));
