//! chrony: what `chronyc` reports, and chrony.conf(5).

pub mod conf;
pub mod sources;
pub mod tracking;
