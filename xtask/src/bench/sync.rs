//! `cargo xtask bench sync`: a herd of guests that stand still, and what is left of it.

/// Which part
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Only sequences of faults
    Faults {
        /// The first sequence; the next has the next seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many
        #[arg(long, default_value_t = 500)]
        count: u64,
    },
    /// Only what it costs to guard a thousand guests; it takes ten minutes
    Thousand,
}

/// Prints the table; false if a target is missed or something was lacking.
pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let (only, settings) = match args.part {
        None => (None, vec![]),
        Some(Part::Thousand) => (Some("thousand"), vec![]),
        Some(Part::Faults { seed, count }) => {
            let settings =
                vec![("BENCH_SEED", seed.to_string()), ("BENCH_COUNT", count.to_string())];
            (Some("faults"), settings)
        }
    };
    super::table::print("bench_sync", only, &settings)
}
