//! How much is done at once, and how often.

use crate::units::Nanos;

/// What a scheduler keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many guests are looked at at once; libvirtd answers one connection's calls five at a time.
    pub at_once: usize,
    /// How long a look at a guest keeps others waiting: one that takes longer goes on, and makes room. util-linux's hwclock waits for
    /// a second or two after the clock was set, and so does who had it set.
    pub deadline: Nanos,
    /// The first and the longest wait before a guest whose agent did not answer is asked again.
    pub retry: [Nanos; 2],
    /// How often it is asked again.
    pub tries: u32,
    /// How often a guest is looked at to which nothing happened.
    pub sweep: Nanos,
    /// The least time between two such looks, whoever they are at.
    pub apart: Nanos,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 8,
            deadline: Nanos(250_000_000),
            retry: [Nanos(250_000_000), Nanos(60_000_000_000)],
            tries: 12,
            sweep: Nanos(600_000_000_000),
            apart: Nanos(100_000_000),
        }
    }
}
