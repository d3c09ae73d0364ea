//! `cargo xtask bench`: ratios against a peer in the same run.
/// Measure kvmtime against its peers
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// x
    Check,
}
pub(crate) fn run(_: &Bench) -> anyhow::Result<bool> {
    Ok(true)
}
