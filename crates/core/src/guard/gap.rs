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
    pub length: Option<Interval>,
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
        let guest = was.zip(is).map(|((at, was), is)| was.minus(is).widened(drifted(now - at)));
        sync::Gap { host: self.length, guest }
    }

    /// This one and another before it that nobody has looked at.
    #[must_use]
    pub fn after(self, earlier: Option<Self>) -> Self {
        let length = match &earlier {
            None => self.length,
            Some(earlier) => self.length.zip(earlier.length).map(|(one, other)| one.plus(other)),
        };
        Self { length, ..self }
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

    /// What happened to a guest or its host: the gap that this ends for the guest, if it is the end of one.
    pub fn ended(&mut self, guest: &Guest, trigger: &Trigger) -> Option<Gap> {
        let since = self.since.get(&guest.key).copied();
        let length = match trigger.kind {
            // Who stood already goes on later, and has been away since before.
            Kind::HostSlept(_) if since.is_some() => return None,
            Kind::HostSlept(time) => Some(time),
            kind if kind.runs() => since.map(|since| Interval::around(trigger.at - since, EVENT)),
            _ => return None,
        };
        self.since.remove(&guest.key);
        // A start is told as going on, too.
        let ends = trigger.kind != Kind::Resumed || length.is_some();
        let guest = guest.clone();
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
        let went_on = |gaps: &mut Gaps, kind, at| {
            let detail = String::new();
            let trigger = Trigger { guest: Some(guest.clone()), kind, at: Nanos(at), detail };
            gaps.ended(&guest, &trigger)
        };
        let long = |ns| Some(Interval::around(Nanos(ns), EVENT));
        let mut gaps = Gaps::default();
        // As libvirt tells a save: paused, then gone.
        gaps.stopped(&guest, Nanos(10));
        gaps.stopped(&guest, Nanos(12));
        let gap = went_on(&mut gaps, Kind::Restored, 25).unwrap();
        assert_eq!((gap.length, gap.until), (long(15), Nanos(25)));
        // Its beginning was before ours.
        assert_eq!(went_on(&mut gaps, Kind::Migrated, 30).unwrap().length, None);
        // What else is told of one that is paused ends nothing, nor does its host's sleep.
        gaps.stopped(&guest, Nanos(40));
        assert_eq!(went_on(&mut gaps, Kind::RtcChanged, 50), None);
        let slept = Kind::HostSlept(Interval::around(Nanos(5), Nanos(1)));
        assert_eq!(went_on(&mut gaps, slept, 55), None);
        assert_eq!(went_on(&mut gaps, Kind::Resumed, 60).unwrap().length, long(20));
        // Who was ended while he was paused was not away when he starts.
        gaps.stopped(&guest, Nanos(70));
        gaps.gone(&guest);
        assert_eq!(went_on(&mut gaps, Kind::Resumed, 80), None);
        // Two gaps before a look are one.
        let first = went_on(&mut gaps, slept, 90);
        assert_eq!(first.as_ref().unwrap().length, Some(Interval::around(Nanos(5), Nanos(1))));
        let both = went_on(&mut gaps, slept, 99).unwrap().after(first);
        assert_eq!(
            (both.length, both.until),
            (Some(Interval::around(Nanos(10), Nanos(2))), Nanos(99))
        );
    }
}
