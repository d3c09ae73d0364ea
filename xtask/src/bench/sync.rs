//! `cargo xtask bench sync`: a herd of guests that stand still, and what is left of it.

/// Which part
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Only guests that are set one after the other, after a pause
    Pause,
    /// Only the same after a restore
    Restore,
    /// Only what a guard does by itself, one guest after the other
    Guard,
    /// Only many guests at once
    Many,
    /// Only guests with util-linux's hwclock, which takes its time
    UtilLinux,
    /// Only what a guard costs that has nothing to do
    Idle,
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
    let mut settings = vec![];
    let only = args.part.as_ref().map(|part| match part {
        Part::Pause => "after_a_pause",
        Part::Restore => "after_a_restore",
        Part::Guard => "guarded_one_by_one",
        Part::Many => "many_at_once",
        Part::UtilLinux => "util_linux",
        Part::Idle => "idle",
        Part::Thousand => "thousand",
        Part::Faults { seed, count } => {
            settings = vec![("BENCH_SEED", seed.to_string()), ("BENCH_COUNT", count.to_string())];
            "faults"
        }
    });
    super::table::print("bench_sync", only, &settings)
}
