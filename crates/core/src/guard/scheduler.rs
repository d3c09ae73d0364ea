//! Who is looked at next.
//!
//! Nothing is queued but guests: each has at most one look that runs and one that is due, so that there is never more to do
//! than there are guests, whatever they and their hosts say.

use std::collections::{BTreeMap, BTreeSet};

use super::backoff::Backoff;
use super::limits::Limits;
use super::status::Doing;
use super::trigger::{Guest, Kind, Notice, Trigger};
use crate::units::Nanos;

/// So many of the triggers before a look are told to it: the first ones, and the last.
const TOLD: usize = 4;
/// So long after a look its own work may still be told as if somebody else had done it.
const ECHO: Nanos = Nanos(2_000_000_000);
/// A daemon in the guest that follows another clock was told to look at it, and has done so after this.
const SOON: Nanos = Nanos(15_000_000_000);
/// Guests are spread over a sweep by this share of it, the golden ratio's, which leaves gaps of like size whatever their number.
const SPREAD: f64 = 0.618_033_988_749_895;

/// Why a guest is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Something happened, in this order; not all of it where that was much.
    Triggers(Vec<Trigger>),
    /// Nothing did.
    Sweep,
}

/// A look at a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// At whom.
    pub guest: Guest,
    /// Why.
    pub cause: Cause,
    /// How often this was tried before.
    pub tries: u32,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing remains to be done.
    Done,
    /// It was set: whether it stays so shows soon.
    Set,
    /// The agent did not answer, or something else was in the way that may go.
    Again,
    /// The guest was not there, or did not run. If something happened to it meanwhile, that was before.
    Gone,
}

/// Who is looked at when.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    backoff: Backoff,
    guests: BTreeMap<String, State>,
    next_id: u64,
    arrived: u32,
    last_sweep: Option<Nanos>,
}

#[derive(Debug)]
struct State {
    guest: Guest,
    source: Option<String>,
    /// Who is not there is kept until the look that runs has ended.
    there: bool,
    stopped: bool,
    running: Option<Running>,
    due: Option<Due>,
    /// What was tried in vain until nobody tries it any more, unless an agent comes.
    unmet: Option<Cause>,
    /// When the last look ended.
    ended: Option<Nanos>,
    /// When it is looked at if nothing happens.
    sweep: Nanos,
    phase: Nanos,
}

#[derive(Debug)]
struct Running {
    id: u64,
    since: Nanos,
    cause: Cause,
    tries: u32,
    /// Whether an agent came meanwhile.
    came: bool,
}

#[derive(Debug)]
struct Due {
    at: Nanos,
    cause: Cause,
    tries: u32,
}

impl Scheduler {
    /// Without guests.
    pub fn new(limits: Limits, seed: u64) -> Self {
        let [first, longest] = limits.retry;
        let backoff = Backoff::new(first, longest, seed);
        Self { limits, backoff, guests: BTreeMap::new(), next_id: 0, arrived: 0, last_sweep: None }
    }

    /// Other limits, from now on.
    pub fn reload(&mut self, now: Nanos, limits: Limits) {
        let [first, longest] = limits.retry;
        self.backoff = Backoff::new(first, longest, self.next_id);
        self.limits = limits;
        let (interval, all) = (limits.sweep, self.guests.values_mut());
        all.enumerate().for_each(|(nth, state)| {
            state.phase = phase(u32::try_from(nth).unwrap_or_default(), interval);
            state.sweep = next_sweep(now, state.phase, interval);
        });
    }

    /// Takes notice of something.
    pub fn notice(&mut self, now: Nanos, notice: Notice) {
        match notice {
            Notice::Trigger(trigger) => match trigger.guest.clone() {
                Some(guest) => {
                    let state = self.found(now, guest);
                    state.stopped &= !trigger.kind.runs();
                    state.happened(now, trigger);
                }
                None => {
                    let there = self.guests.values_mut().filter(|state| state.there);
                    there.for_each(|state| state.happened(now, trigger.clone()));
                }
            },
            Notice::Stopped(guest, _) => self.found(now, guest).stopped = true,
            Notice::Gone { guest, .. } => self.gone(&guest.key),
            Notice::Agent(guest, true) => {
                let state = self.guests.get_mut(&guest.key).filter(|state| state.there);
                state.into_iter().for_each(|state| state.agent_came(now));
            }
            Notice::Agent(_, false) | Notice::Lost { .. } => {}
            Notice::Listed { source, guests, at } => self.listed(now, &source, guests, at),
        }
    }

    /// What happened before a source was reached was told to nobody: all its guests are looked at.
    fn listed(&mut self, now: Nanos, source: &str, guests: Vec<Guest>, at: Nanos) {
        let keys: BTreeSet<&str> = guests.iter().map(|guest| guest.key.as_str()).collect();
        let was = |state: &&State| state.source.as_deref() == Some(source);
        let gone = self.guests.values().filter(was).map(|state| state.guest.key.clone());
        let gone: Vec<String> = gone.filter(|key| !keys.contains(key.as_str())).collect();
        gone.iter().for_each(|key| self.gone(key));
        // Who came since the last list and is in none is looked for, even if it was last seen paused.
        let unlisted = self.guests.values_mut().filter(|state| state.source.is_none());
        unlisted.for_each(|state| state.stopped = false);
        for guest in guests {
            let detail = source.to_owned();
            let found = Trigger { guest: Some(guest.clone()), kind: Kind::Found, at, detail };
            let state = self.found(now, guest);
            (state.source, state.stopped) = (Some(source.to_owned()), false);
            state.happened(now, found);
        }
    }

    fn found(&mut self, now: Nanos, guest: Guest) -> &mut State {
        let interval = self.limits.sweep;
        if !self.guests.contains_key(&guest.key) {
            self.arrived = self.arrived.wrapping_add(1);
        }
        let state = self.guests.entry(guest.key.clone()).or_insert_with(|| {
            let phase = phase(self.arrived, interval);
            State {
                guest: guest.clone(),
                source: None,
                there: true,
                stopped: false,
                running: None,
                due: None,
                unmet: None,
                ended: None,
                sweep: next_sweep(now, phase, interval),
                phase,
            }
        });
        (state.there, state.guest) = (true, guest);
        state
    }

    fn gone(&mut self, key: &str) {
        let Some(state) = self.guests.get_mut(key) else { return };
        // Who comes back meanwhile is another one.
        (state.there, state.stopped) = (false, false);
        (state.due, state.unmet) = (None, None);
        if state.running.is_none() {
            self.guests.remove(key);
        }
    }

    /// The next look to begin now, if there is one.
    pub fn next(&mut self, now: Nanos) -> Option<Job> {
        if !self.has_room(now) {
            return None;
        }
        // Those that were tried in vain come after those that were not, and sweeps after both.
        let place = |state: &State| match &state.due {
            Some(due) => (u8::from(due.tries > 0), due.at),
            None => (2, state.sweep.max(self.sweep_from())),
        };
        let free = self.guests.values().filter(|state| state.is_free());
        let first = free.filter(|state| place(state).1 <= now).min_by_key(|state| place(state))?;
        let (key, sweep) = (first.guest.key.clone(), first.due.is_none());
        if sweep {
            self.last_sweep = Some(now);
        }
        let state = self.guests.get_mut(&key)?;
        let due = state.due.take().unwrap_or(Due { at: now, cause: Cause::Sweep, tries: 0 });
        state.unmet = None;
        let id = self.next_id;
        self.next_id += 1;
        state.sweep = next_sweep(now, state.phase, self.limits.sweep);
        let (cause, tries) = (due.cause, due.tries);
        state.running = Some(Running { id, since: now, cause: cause.clone(), tries, came: false });
        Some(Job { id, guest: state.guest.clone(), cause, tries })
    }

    /// A look ended; gives how often it will have been tried when it is tried again soon.
    pub fn done(&mut self, now: Nanos, id: u64, outcome: Outcome) -> Option<u32> {
        let runs = |state: &&mut State| state.running.as_ref().is_some_and(|run| run.id == id);
        let state = self.guests.values_mut().find(runs)?;
        let run = state.running.take()?;
        state.ended = Some(now);
        if !state.there {
            let key = state.guest.key.clone();
            self.guests.remove(&key);
            return None;
        }
        match outcome {
            Outcome::Done => return None,
            Outcome::Set => {
                state.sweep = state.sweep.min(now + SOON);
                return None;
            }
            Outcome::Gone => {
                if state.due.is_none() {
                    let key = state.guest.key.clone();
                    self.guests.remove(&key);
                }
                return None;
            }
            Outcome::Again => {}
        }
        let Running { cause, tries, came, .. } = run;
        if let Some(due) = &mut state.due {
            // What happened meanwhile needs no wait, and what happened before still holds.
            due.cause = cause.and(std::mem::replace(&mut due.cause, Cause::Sweep));
        } else if came {
            state.due = Some(Due { at: now, cause, tries: 0 });
        } else if cause == Cause::Sweep || tries >= self.limits.tries {
            // The next sweep tries again, or an agent that comes.
            state.unmet = Some(cause);
        } else {
            let at = now + self.backoff.after(tries);
            state.due = Some(Due { at, cause, tries: tries + 1 });
        }
        state.due.as_ref().map(|due| due.tries)
    }

    /// When [`Self::next`] may have something that it does not have now; nothing if only a notice or an end changes that.
    pub fn wake(&self, now: Nanos) -> Option<Nanos> {
        let overdue = self.running().map(|run| run.since + self.limits.deadline);
        if !self.has_room(now) {
            return overdue.filter(|at| *at > now).min();
        }
        let free = self.guests.values().filter(|state| state.is_free());
        free.map(|state| match &state.due {
            Some(due) => due.at,
            None => state.sweep.max(self.sweep_from()),
        })
        .min()
    }

    /// How many looks run, and how many of them for longer than they may.
    pub fn running_and_overdue(&self, now: Nanos) -> [usize; 2] {
        [self.running().count(), self.running().filter(|run| self.is_overdue(run, now)).count()]
    }

    /// The guests that are there, and what happens to each.
    pub fn guests(&self) -> impl Iterator<Item = (&Guest, Doing)> {
        let there = self.guests.values().filter(|state| state.there);
        there.map(|state| (&state.guest, state.doing()))
    }

    /// Whether a guest is there.
    pub fn knows(&self, key: &str) -> bool {
        self.guests.get(key).is_some_and(|state| state.there)
    }

    /// Whether nothing runs, and nothing is due but sweeps.
    pub fn rests(&self) -> bool {
        self.guests.values().all(|state| !matches!(state.doing(), Doing::Due | Doing::Looked))
    }

    fn running(&self) -> impl Iterator<Item = &Running> {
        self.guests.values().filter_map(|state| state.running.as_ref())
    }

    fn is_overdue(&self, run: &Running, now: Nanos) -> bool {
        now - run.since >= self.limits.deadline
    }

    /// Who hangs does not keep others waiting, unless as many hang as may run.
    fn has_room(&self, now: Nanos) -> bool {
        let [running, overdue] = self.running_and_overdue(now);
        running - overdue < self.limits.at_once && running < 2 * self.limits.at_once
    }

    fn sweep_from(&self) -> Nanos {
        self.last_sweep.map_or(Nanos(i64::MIN), |last| last + self.limits.apart)
    }
}

impl State {
    fn doing(&self) -> Doing {
        match (&self.running, self.stopped, &self.due) {
            (Some(_), _, _) => Doing::Looked,
            (None, true, _) => Doing::Stopped,
            (None, false, Some(_)) => Doing::Due,
            (None, false, None) => Doing::Rests,
        }
    }

    fn is_free(&self) -> bool {
        self.there && !self.stopped && self.running.is_none()
    }

    /// Who waits for an agent need not wait longer.
    fn agent_came(&mut self, now: Nanos) {
        if let Some(run) = &mut self.running {
            run.came = true;
        }
        if let Some(due) = &mut self.due {
            (due.at, due.tries) = (now.min(due.at), 0);
        } else if let Some(cause) = self.unmet.take() {
            self.due = Some(Due { at: now, cause, tries: 0 });
        }
    }

    fn happened(&mut self, now: Nanos, trigger: Trigger) {
        // Who sets a guest's clock has its agent set the RTC.
        let lately = self.ended.is_some_and(|ended| now - ended < ECHO);
        if trigger.kind == Kind::RtcChanged && (self.running.is_some() || lately) {
            return;
        }
        let new = Cause::Triggers(vec![trigger]);
        let cause = match self.due.take() {
            Some(due) => due.cause.and(new),
            None => new,
        };
        self.due = Some(Due { at: now, cause, tries: 0 });
    }
}

impl Cause {
    /// When it was heard of: that a guest goes on, which it may do long after something else, counts most.
    pub fn heard(&self) -> Option<Nanos> {
        let Self::Triggers(all) = self else { return None };
        let goes_on = all.iter().rev().find(|one| one.kind.runs());
        goes_on.or(all.first()).map(|one| one.at)
    }

    fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Triggers(mut all), Self::Triggers(later)) => {
                all.extend(later);
                if all.len() > TOLD {
                    let last = all.split_off(all.len() - 1);
                    all.truncate(TOLD - 1);
                    all.extend(last);
                }
                Self::Triggers(all)
            }
            (Self::Sweep, other) | (other, Self::Sweep) => other,
        }
    }
}

/// Where in a sweep the nth guest is.
#[expect(clippy::cast_possible_truncation, reason = "it is less than the interval")]
fn phase(nth: u32, interval: Nanos) -> Nanos {
    Nanos(((f64::from(nth) * SPREAD).fract() * interval.ns()) as i64)
}

/// Its next place in a sweep that is not too soon.
fn next_sweep(now: Nanos, phase: Nanos, interval: Nanos) -> Nanos {
    let interval = interval.0.max(1);
    let soonest = now.0.saturating_add(interval / 2);
    Nanos(soonest.saturating_add((phase.0 - soonest).rem_euclid(interval)))
}
