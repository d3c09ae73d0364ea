//! How often a program reads clocks.

mod counted;
mod sampled;
mod stub;

pub(super) use counted::count;
pub(crate) use counted::run;
pub(crate) use sampled::watch;
