//! What was done to guests' clocks.

use std::io::{self, Write};

use kvmtime_core::reading::Interval;
use kvmtime_core::sync::{Correction, Gap, Outcome};
use kvmtime_core::units::Nanos;
use serde::Serialize;

use super::history::time;
use super::json;
use super::measurement::{offset, quoted};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    guests: &'a [Correction],
}

pub(super) fn json(
    out: &mut dyn Write,
    schema: &'static str,
    all: &[Correction],
    host: Option<&str>,
) -> io::Result<()> {
    json::value(out, &Document { schema, host, guests: all })
}

pub(super) fn text(out: &mut dyn Write, all: &[Correction], host: Option<&str>) -> io::Result<()> {
    all.iter().try_for_each(|one| line(out, one))?;
    host.map_or(Ok(()), |why| writeln!(out, "guests are right by this host and no more: {why}"))
}

/// A line, and below it what the guest missed, and a hint where something failed.
pub(super) fn line(out: &mut dyn Write, one: &Correction) -> io::Result<()> {
    main(out, one)?;
    match one.gap {
        Some(Gap { host: Some(host), guest: Some(guest) }) => {
            writeln!(out, "  it stood for {host}, and its clock lost {guest}")
        }
        Some(Gap { host: Some(host), guest: None }) => {
            writeln!(out, "  it stood for {host}")
        }
        Some(Gap { host: None, guest: Some(guest) }) => {
            writeln!(out, "  its clock lost {guest}")
        }
        _ => Ok(()),
    }
}

fn main(out: &mut dyn Write, one: &Correction) -> io::Result<()> {
    let known = |offset: Option<Interval>| offset.map_or("unknown".to_owned(), self::offset);
    let (guest, took) = (&one.guest, one.took);
    let now = known(one.residual);
    match &one.outcome {
        Outcome::InSync => writeln!(out, "{guest}: right: {now} (in {took})"),
        Outcome::Corrected => {
            let before = known(one.before);
            let told = one.told.as_ref().map_or(String::new(), |who| format!("; told {who}"));
            let times = match one.sets.len() {
                0 => "slewed".to_owned(),
                1 => "set".to_owned(),
                times => format!("set {times} times"),
            };
            writeln!(out, "{guest}: {times}: was {before}, is {now} (in {took}){told}")
        }
        Outcome::Slewing => {
            let daemon = one.told.as_deref().unwrap_or("its daemon");
            writeln!(out, "{guest}: being slewed by {daemon}: is {now} after {took}")
        }
        Outcome::Paused => writeln!(out, "{guest}: paused: was {now}"),
        Outcome::LeftAhead => writeln!(out, "{guest}: left ahead: {now}"),
        Outcome::WouldSet => writeln!(out, "{guest}: would be set: {now}"),
        Outcome::Refused { why, message, hint, .. } => {
            let now = one.residual.map_or(String::new(), |now| format!(" (is {})", offset(now)));
            writeln!(out, "{guest}: not set: {message}{now} [{why}]")?;
            writeln!(out, "  hint: {hint}")
        }
    }
}

/// Each with when and why.
pub(super) fn past(out: &mut dyn Write, all: &[Correction]) -> io::Result<()> {
    for one in all {
        let seconds = one.at.0.div_euclid(Nanos::SECOND.0);
        write!(out, "{}  {}  ", time(seconds), one.trigger)?;
        line(out, one)?;
    }
    Ok(())
}

pub(super) fn csv(out: &mut dyn Write, all: &[Correction]) -> io::Result<()> {
    writeln!(
        out,
        "at_ns,guest,trigger,gap_lo_ns,gap_hi_ns,before_lo_ns,before_hi_ns,residual_lo_ns,residual_hi_ns,sets,took_ns,outcome"
    )?;
    for one in all {
        let ends = |interval: Option<Interval>| {
            interval
                .map_or(",".to_owned(), |interval| format!("{},{}", interval.lo.0, interval.hi.0))
        };
        let outcome = one.outcome.name();
        let gap = ends(one.gap.and_then(|gap| gap.guest.or(gap.host)));
        let (before, residual) = (ends(one.before), ends(one.residual));
        let (at, guest, trigger) = (one.at.0, quoted(&one.guest), quoted(&one.trigger));
        let (sets, took) = (one.sets.len(), one.took.0);
        writeln!(out, "{at},{guest},{trigger},{gap},{before},{residual},{sets},{took},{outcome}")?;
    }
    Ok(())
}
