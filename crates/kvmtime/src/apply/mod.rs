//! Carries out changes: one file per kind of change. Nothing else writes to the machine.

pub(crate) mod clocksource;
