//! `kvmtime explain`.

use kvmtime_core::rules;

use super::exit::{Exit, Hinted};
use crate::output;

/// Print a rule's page: what it checks, why it matters, what to do
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime explain dom-rtc-track-guest
  kvmtime rules                                lists the rules")]
pub(super) struct Args {
    /// The rule's id
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let rule = rules::find(&args.rule).ok_or_else(|| {
        let hint = match rules::nearest(&args.rule) {
            Some(id) => format!("did you mean {id}?"),
            None => "`kvmtime rules` lists them".to_owned(),
        };
        Hinted::new(format!("there is no rule {}", args.rule), hint)
    })?;
    output::page(rule)?;
    Ok(Exit::Clean)
}
