//! kvmtime keeps the clocks of KVM guests right, and proves it.
#![forbid(unsafe_code)]

mod apply;
mod bench;
pub mod cli;
mod config;
mod guard;
mod guest;
mod measure;
mod output;
mod probe;
mod sync;
mod world;

pub use config::config_page;
pub use output::rule_page;
