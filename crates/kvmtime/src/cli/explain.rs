//! `kvmtime explain`.

use std::path::Path;

use kvmtime_core::{messages, rules, symptoms};

use super::exit::{Exit, Hinted};
use crate::output::{self, Plain};
use crate::world::{self, Input};

/// Say what a rule, a log line, an error message or a symptom is about
///
/// RULE prints the rule's page: what it checks, why it matters, what to do. TEXT is a log line or an error message of the kernel,
/// QEMU, libvirt, virsh, chronyd, ntpd, OpenNTPD, systemd-timesyncd, the guest agent or Windows: who writes it, what it means, what
/// to look at next, and which rules judge it. Nothing is asked of any machine. Exit status: 0 explained, 2 not known.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime explain dom-rtc-track-guest
  kvmtime explain 'Clocksource tsc unstable (delta = 6824818792 ns)'
  journalctl -k -b | kvmtime explain -
  kvmtime explain --symptom 'clock behind after resume'
  kvmtime rules                                lists the rules")]
pub(super) struct Args {
    /// A rule's id, or what a program wrote; `-` reads lines from standard input
    #[arg(
        value_name = "RULE|TEXT",
        required_unless_present = "symptom",
        conflicts_with = "symptom"
    )]
    text: Vec<String>,

    /// What is wrong with the clock, in plain words: the likely causes, and how to confirm them
    #[arg(long, value_name = "WORDS", num_args = 1..)]
    symptom: Vec<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if !args.symptom.is_empty() {
        return symptom(&args.symptom.join(" "), args.format);
    }
    let text = args.text.join(" ");
    match rules::find(&text) {
        Some(rule) => output::page(rule, args.format)?,
        None if text == "-" => message(&standard_input()?, args.format)?,
        None if is_id(&text) => return Err(no_rule(&text)),
        None => message(&text, args.format)?,
    }
    Ok(Exit::Clean)
}

fn message(text: &str, format: Plain) -> anyhow::Result<()> {
    let found = messages::explain(text);
    if found.is_empty() {
        let hint = "give the line as it was written; for plain words there is `kvmtime explain --symptom WORDS`";
        return Err(Hinted::new("no message that speaks of time looks like this", hint).into());
    }
    output::messages(&found, format)?;
    Ok(())
}

fn symptom(complaint: &str, format: Plain) -> anyhow::Result<Exit> {
    let ranked = symptoms::rank(complaint);
    if ranked.is_empty() {
        let known: Vec<&str> = symptoms::all().map(|cause| cause.symptom).collect();
        let hint = format!("symptoms that are known:\n  {}", known.join("\n  "));
        return Err(Hinted::new(format!("no known symptom is in `{complaint}`"), hint).into());
    }
    output::causes(complaint, &ranked, format)?;
    Ok(Exit::Clean)
}

fn standard_input() -> anyhow::Result<String> {
    match world::input(Path::new("-")) {
        Ok(Input::File(text)) => Ok(text),
        Ok(_) => anyhow::bail!("cannot read standard input: it is a folder"),
        Err(error) => anyhow::bail!("cannot read standard input: {}", world::plain(&error)),
    }
}

/// Whether a text is meant to be a rule's id.
fn is_id(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(letter)
}

fn no_rule(id: &str) -> anyhow::Error {
    let hint = match rules::nearest(id) {
        Some(id) => format!("did you mean {id}?"),
        None => "`kvmtime rules` lists them".to_owned(),
    };
    Hinted::new(format!("there is no rule {id}"), hint).into()
}
