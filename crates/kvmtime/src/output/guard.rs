//! What a guard does: a line each, as logs are made of; systemd's journal adds when.

use std::io::{self, Write};

use kvmtime_core::guard::{Doing, Guarded, Kind, Said, Source, Status};

use super::correction;
pub(super) fn said(out: &mut dyn Write, said: &Said<'_>) -> io::Result<()> {
    match said {
        Said::Began => writeln!(out, "guard: began"),
        Said::Trouble(words) => writeln!(out, "guard: {words}"),
        Said::Reached(source, 1) => writeln!(out, "{source}: reached, 1 guest"),
        Said::Reached(source, guests) => writeln!(out, "{source}: reached, {guests} guests"),
        Said::Lost(source, why) => writeln!(out, "{source}: not reached: {why}"),
        Said::Host(trigger) => {
            let what = match trigger.kind {
                Kind::HostSlept(time) => format!("slept for {time}"),
                Kind::HostStepped(by) => format!("its clock was set by {by:+}"),
                _ => trigger.detail.clone(),
            };
            writeln!(out, "host: {what}; looking at all guests")
        }
        Said::Looked(correction) => correction::line(out, correction),
        Said::Reloaded => writeln!(out, "guard: goes by its new configuration"),
        Said::NotReloaded(why) => writeln!(out, "guard: goes on as before: {why}"),
        Said::NotKept(why) => writeln!(out, "guard: cannot write the history {why}"),
        Said::Draining(0) => writeln!(out, "guard: ends"),
        Said::Draining(1) => writeln!(out, "guard: ends after 1 look"),
        Said::Draining(running) => writeln!(out, "guard: ends after {running} looks"),
    }
}

pub(super) fn status(out: &mut dyn Write, status: &Status) -> io::Result<()> {
    let Status { pid, counts, sources, guests, host, troubles, draining, .. } = status;
    let ends = if *draining { ", which ends" } else { "" };
    writeln!(
        out,
        "guard {pid}{ends}: {} looks, {} found right, {} corrected, {} failed",
        counts.looks, counts.right, counts.corrected, counts.failed
    )?;
    host.iter().chain(troubles).try_for_each(|trouble| writeln!(out, "  {trouble}"))?;
    for Source { name, reached, why } in sources {
        match (reached, why) {
            (true, _) => writeln!(out, "{name}: reached")?,
            (false, Some(why)) => writeln!(out, "{name}: not reached: {why}")?,
            (false, None) => writeln!(out, "{name}: not reached yet")?,
        }
    }
    for Guarded { guest, doing, last } in guests {
        let doing = match doing {
            Doing::Rests => "",
            Doing::Due => " [due]",
            Doing::Looked => " [being looked at]",
            Doing::Stopped => " [does not run]",
        };
        match last {
            None => writeln!(out, "{}: not looked at yet{doing}", guest.name)?,
            Some(last) => {
                correction::line(out, last)?;
                if !doing.is_empty() {
                    writeln!(out, " {doing}")?;
                }
            }
        }
    }
    Ok(())
}
