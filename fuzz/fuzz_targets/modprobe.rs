//! modprobe.d.
#![no_main]

use kvmtime_wire::modprobe;

kvmtime_fuzz::parser!(|text: &str| modprobe::options(text, "/etc/modprobe.d/kvm.conf"));
