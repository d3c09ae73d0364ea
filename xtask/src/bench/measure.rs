//! `cargo xtask bench measure`: the guests of the tests, whose clocks are known, and the table of what was found.

/// Prints the table; false if a target is missed or something was lacking.
pub(super) fn run() -> anyhow::Result<bool> {
    super::table::print("bench_measure", &[], &[])
}
