//! Events as they happen: a line each, for people or as JSON.

use std::io::{self, Write};

use jiff::Timestamp;
use kvmtime_core::events::{Event, What};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

pub(super) fn json(out: &mut dyn Write, event: &Event) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { schema: "kvmtime.event/1", event })?;
    writeln!(out)
}

pub(super) fn text(out: &mut dyn Write, event: &Event) -> io::Result<()> {
    let when = Timestamp::from_nanosecond(i128::from(event.at.0)).unwrap_or_default();
    let words = match event.what {
        What::Step => "the clock was set by",
        What::Suspend => "the machine was suspended for",
        What::Frozen => "the machine was stopped with its clocks for",
        What::Stalled => "nothing ran for",
        What::Starved => "CPU time was short by",
        What::LostTime => "the clock lost",
        What::Clocksource => "another clocksource",
        What::Synchronised => "synchronisation changed",
        What::Leap => "leap second",
        What::Disrupted => "the machine was migrated, restored or cloned",
    };
    let size = event.size.map(|size| format!(" {}", super::measurement::offset(size)));
    writeln!(out, "{when:.6}  {words}{}  ({})", size.unwrap_or_default(), event.evidence)
}
