//! What a guard that runs says of itself, and asking it.

use std::io;
use std::path::Path;

use kvmtime_core::guard::{self, Counts, Guarded, Guest, Status};
use kvmtime_core::units::Nanos;

use super::Guard;
use crate::world::service::{self, Told};
use crate::world::{Talk, clock, plain};

/// It answers at once, unless its machine is very busy.
const PATIENCE: Nanos = Nanos(5_000_000_000);

/// What a guard that runs says of itself.
///
/// # Errors
/// When none answers.
pub(crate) fn ask(socket: &Path) -> io::Result<Status> {
    let text = Talk::unix(socket)?.rest(clock::monotonic() + PATIENCE)?;
    serde_json::from_slice(&text).map_err(|error| {
        io::Error::other(format!("it answers nothing that makes sense: {}", plain(&error.into())))
    })
}

impl Guard<'_> {
    /// What `systemctl status` shows.
    pub(super) fn tell_doing(&self) {
        let Counts { looks, corrected, failed, .. } = self.counts;
        let guests = self.scheduler.guests().filter(|(guest, _)| !self.is_ignored(guest)).count();
        let lost = self.sources.status().into_iter().filter(|source| source.why.is_some());
        let lost: String = lost.map(|source| format!("; {} is not reached", source.name)).collect();
        service::tell(&Told::Doing(&format!(
            "guests {guests}, looks {looks}, corrected {corrected}, failed {failed}{lost}"
        )));
    }

    /// What it answers to who asks.
    pub(super) fn status(&self) -> String {
        let guarded = |(guest, doing): (&Guest, _)| Guarded {
            guest: guest.clone(),
            doing,
            last: self.records.get(&guest.key).and_then(|record| record.last.clone()),
        };
        let unkept = self.trouble.iter().map(|why| format!("cannot write the history {why}"));
        let mine = |(guest, _): &(&Guest, _)| !self.is_ignored(guest);
        let status = Status {
            schema: guard::SCHEMA.to_owned(),
            pid: std::process::id(),
            since: self.since,
            draining: self.draining.is_some(),
            host: None,
            troubles: self.settings.rivals.iter().cloned().chain(unkept).collect(),
            counts: self.counts,
            sources: self.sources.status(),
            guests: self.scheduler.guests().filter(mine).map(guarded).collect(),
        };
        // Only a map whose keys are no texts could fail.
        serde_json::to_string(&status).map(|text| text + "\n").unwrap_or_default()
    }
}
