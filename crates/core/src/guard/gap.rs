//! How long guests did not run, as their host saw it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::drifted;
use super::trigger::{Guest, Kind, Trigger};
use crate::reading::Interval;
use crate::sync;
use crate::units::Nanos;

/// So many guests may be away at once; of more, those that went first are forgotten.
const MOST: usize = 10_000;

/// A time that a guest did not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which guest.
    pub guest: Guest,
    /// How it ended.
    pub kind: Kind,
    /// When it ended.
    pub until: Nanos,
    /// How long it was, if its beginning was seen.
    pub length: Option<Nanos>,
}

/// libvirtd tells what happened without saying when. It was seen to take this long on busy CPUs.
const EVENT: Nanos = Nanos(100_000_000);

impl Gap {
    /// What its guest missed: as its host saw it, and as its clock shows by what it was at `was` and is now.
    pub fn missed(
        &self,
        was: Option<(Nanos, Interval)>,
        now: Nanos,
        is: Option<Interval>,
    ) -> sync::Gap {
        let host = self.length.map(|length| Interval::around(length, EVENT));
        let guest = was.zip(is).map(|((at, was), is)| was.minus(is).widened(drifted(now - at)));
        sync::Gap { host, guest }
    }
}

/// Guests that do not run.
#[derive(Debug, Default)]
pub struct Gaps {
    since: BTreeMap<String, Nanos>,
}

impl Gaps {
    /// A guest's CPUs stopped. When it was not running before, nothing changes: a pause before a save belongs to the gap.
    pub fn stopped(&mut self, guest: &Guest, at: Nanos) {
        self.since.entry(guest.key.clone()).or_insert(at);
        if self.since.len() > MOST {
            let first = self.since.iter().min_by_key(|(_, since)| **since);
            if let Some(key) = first.map(|(key, _)| key.clone()) {
                self.since.remove(&key);
            }
        }
    }

    /// A guest goes on: the gap that this ends, if it is the end of one.
    pub fn ended(&mut self, trigger: &Trigger) -> Option<Gap> {
        let guest = trigger.guest.clone().filter(|_| trigger.kind.runs())?;
        let since = self.since.remove(&guest.key);
        let length = since.map(|since| trigger.at - since);
        // A start is told as going on, too.
        let ends = trigger.kind != Kind::Resumed || length.is_some();
        ends.then_some(Gap { guest, kind: trigger.kind, until: trigger.at, length })
    }

    /// Whether a guest is away.
    pub fn has(&self, key: &str) -> bool {
        self.since.contains_key(key)
    }

    /// A guest is no more: what has its key later is another one.
    pub fn gone(&mut self, guest: &Guest) {
        self.since.remove(&guest.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lasts_from_the_first_stop_to_the_next_start() {
        let guest = Guest { key: "1".to_owned(), name: "web".to_owned() };
        let went_on = |kind, at| Trigger {
            guest: Some(guest.clone()),
            kind,
            at: Nanos(at),
            detail: String::new(),
        };
        let mut gaps = Gaps::default();
        // As libvirt tells a save: paused, then gone.
        gaps.stopped(&guest, Nanos(10));
        gaps.stopped(&guest, Nanos(12));
        let gap = gaps.ended(&went_on(Kind::Restored, 25)).unwrap();
        assert_eq!((gap.length, gap.until), (Some(Nanos(15)), Nanos(25)));
        // Its beginning was before ours.
        assert_eq!(gaps.ended(&went_on(Kind::Migrated, 30)).unwrap().length, None);
        // What else is told of one that is paused ends nothing.
        gaps.stopped(&guest, Nanos(40));
        assert_eq!(gaps.ended(&went_on(Kind::RtcChanged, 50)), None);
        assert_eq!(gaps.ended(&went_on(Kind::Resumed, 60)).unwrap().length, Some(Nanos(20)));
        // Who was ended while he was paused was not away when he starts.
        gaps.stopped(&guest, Nanos(70));
        gaps.gone(&guest);
        assert_eq!(gaps.ended(&went_on(Kind::Resumed, 80)), None);
    }
}
