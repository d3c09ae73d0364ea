//! libvirt's snapshots.
#![no_main]

kvmtime_fuzz::parser!(|text: &str| kvmtime_wire::snapshot::state(text));
