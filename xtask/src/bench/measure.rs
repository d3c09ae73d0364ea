//! `cargo xtask bench measure`: the guests of the tests, whose clocks are known, and the table of what was found.

/// What can be measured alone.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Part {
    /// Coverage of the bounds and error of the drift, a quarter of an hour
    Drift,
    /// Drift by the RTC alone, a quarter of an hour
    Rtc,
    /// Steps: whether they are found, how well their size is known, and how soon
    Steps,
    /// Pauses and their kinds, a quarter of an hour
    Pauses,
    /// CPU time of `--events`
    Cost,
    /// The agent by libvirt against a loop of virsh
    Agent,
}

impl Part {
    /// The test that prints its rows.
    fn test(self) -> &'static str {
        match self {
            Self::Drift => "coverage_and_drift",
            Self::Rtc => "drift_by_the_rtc",
            Self::Steps => "steps",
            Self::Pauses => "pauses",
            Self::Cost => "cost",
            Self::Agent => "the_agent_by_libvirt",
        }
    }
}

/// Prints the table; false if a target is missed or something was lacking.
pub(super) fn run(part: Option<Part>) -> anyhow::Result<bool> {
    super::table::print("bench_measure", part.map(Part::test), &[])
}
