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
        let hint = match nearest(&args.rule) {
            Some(id) => format!("did you mean {id}?"),
            None => "`kvmtime rules` lists them".to_owned(),
        };
        Hinted::new(format!("there is no rule {}", args.rule), hint)
    })?;
    output::page(rule)?;
    Ok(Exit::Clean)
}

/// The rule that shares most of its words with what was asked for, and of those the one that begins most like it.
fn nearest(asked: &str) -> Option<&'static str> {
    let asked = asked.to_lowercase();
    let words: Vec<&str> = asked.split(['-', '_', ' ']).filter(|word| word.len() > 2).collect();
    let shared = |id: &str| words.iter().filter(|word| id.contains(*word)).count();
    let alike = |id: &str| id.bytes().zip(asked.bytes()).take_while(|(a, b)| a == b).count();
    let ids = rules::CATALOGUE.iter().map(|rule| rule.id);
    let best = ids.max_by_key(|id| (shared(id), alike(id)))?;
    (shared(best) > 0).then_some(best)
}
