//! chrony: its command packets, what `chronyc` reports, and chrony.conf(5).

pub mod command;
pub mod conf;
pub mod sources;
pub mod tracking;
