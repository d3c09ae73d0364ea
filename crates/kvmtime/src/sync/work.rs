//! The work on one guest: look, decide, set, look again.

use kvmtime_core::reading::{Interval, Reading, Verdict};
use kvmtime_core::sync::{Decision, Lead, Outcome, Policy, Refusal, Set, decide, joined, parted};
use kvmtime_core::units::Nanos;

use super::{Request, daemon};
use crate::guest::{Settable, State, agent::PATIENCE};
use crate::world::clock;

/// More readings make a bound little better.
const READINGS: u32 = 8;
/// Windows takes whole milliseconds (`SetSystemTime`).
const WHOLE: Nanos = Nanos::MILLISECOND;
/// Whose clock is not right after so many sets is not set by this.
const SETS: usize = 6;
/// From one look at a clock that is slewed to the next.
const SLEWING: Nanos = Nanos(500_000_000);

/// What is known so far.
pub(super) struct Work<'a> {
    guest: &'a mut dyn Settable,
    request: &'a Request,
    begun: Nanos,
    pub(super) before: Option<Interval>,
    pub(super) sets: Vec<Set>,
    pub(super) residual: Option<Interval>,
    pub(super) took: Nanos,
    /// The longest that a question and its answer took at the last look, and the shortest of all.
    longest: Nanos,
    shortest: Nanos,
    /// What was learned from the last set.
    lead: Option<Lead>,
    /// Whether the clock was found where nobody here had set it.
    moved: bool,
    /// Whether a time was sent that may still be set.
    under_way: bool,
    /// The daemon in the guest that was told.
    told: Option<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(guest: &'a mut dyn Settable, request: &'a Request) -> Self {
        Self {
            guest,
            request,
            begun: clock::monotonic(),
            before: None,
            sets: vec![],
            residual: None,
            took: Nanos(0),
            longest: Nanos(0),
            shortest: Nanos(i64::MAX),
            lead: None,
            moved: false,
            under_way: false,
            told: None,
        }
    }

    /// How much time there is.
    pub(super) fn left(&self) -> Nanos {
        self.begun + self.request.timeout - clock::monotonic()
    }

    fn patience(&self) -> Nanos {
        self.left().clamp(Nanos::MILLISECOND, PATIENCE)
    }

    /// A time that was sent and may still be set matters more than why nothing more is heard.
    pub(super) fn why(&self, refusal: Refusal) -> Refusal {
        if self.under_way { Refusal::Unanswered } else { refusal }
    }

    /// Once from the beginning to the end.
    pub(super) fn attempt(&mut self) -> Result<Outcome, Refusal> {
        match self.guest.state()? {
            Some(State::Off) => return Err(Refusal::Off),
            Some(State::Paused) => return Err(Refusal::Paused),
            Some(State::Running) | None => {}
        }
        let mut offset = self.look()?;
        self.before.get_or_insert(offset);
        loop {
            // Who was set from here is off by what was done here.
            let own = !self.sets.is_empty();
            let asked = self.request.policy;
            let policy = Policy {
                only_if_behind: asked.only_if_behind && !own,
                max_step: asked.max_step.filter(|_| !own),
                ..asked
            };
            match decide(offset, self.longest, &policy) {
                Decision::Keep if self.sets.is_empty() => return Ok(Outcome::InSync),
                Decision::Keep => return Ok(Outcome::Corrected),
                Decision::Leave => return Ok(Outcome::LeftAhead),
                Decision::Refuse(refusal) => return Err(refusal),
                Decision::Step | Decision::Slew if let Some(why) = self.forbidden() => {
                    return Err(Refusal::Unsynchronised(why));
                }
                Decision::Step | Decision::Slew if self.request.dry_run => {
                    return Ok(Outcome::WouldSet);
                }
                Decision::Slew => return self.slew(),
                Decision::Step if self.sets.len() >= SETS => return Err(Refusal::Contested),
                Decision::Step => offset = self.step(offset)?,
            }
            if self.left() <= Nanos(0) {
                return Err(Refusal::Late);
            }
        }
    }

    /// Why nothing may be set by this host's clock.
    fn forbidden(&self) -> Option<String> {
        let unknown =
            |why| Some(format!("whether this host's clock is synchronised is not known: {why}"));
        self.request.must_follow.and_then(|why| why().unwrap_or_else(unknown))
    }

    /// Guest − host now, as well as a few readings tell it, or as well as is needed.
    fn look(&mut self) -> Result<Interval, Refusal> {
        let tolerance = self.request.policy.tolerance;
        let enough = Nanos(tolerance.0 / 4);
        let mut known: Option<Reading> = None;
        self.longest = Nanos(0);
        for _ in 0..READINGS {
            let new = self.guest.time(self.patience())?;
            self.longest = self.longest.max(new.offset.width());
            self.shortest = self.shortest.min(new.offset.width());
            let offset = known.map_or(new.offset, |old| joined(&old, &new));
            known = Some(Reading { offset, ..new });
            let right = offset.within(tolerance) == Verdict::Kept;
            if right || offset.radius() <= enough || self.left() <= Nanos(0) {
                break;
            }
        }
        let offset = known.ok_or(Refusal::Late)?.offset;
        self.took = clock::monotonic() - self.begun;
        self.residual = Some(offset);
        self.under_way = false;
        Ok(offset)
    }

    /// Sets the clock, and reads it back.
    fn step(&mut self, before: Interval) -> Result<Interval, Refusal> {
        let mut lead = self.lead.unwrap_or(Lead::of_round_trip(self.shortest));
        let begun = clock::monotonic();
        self.under_way = true;
        let set = self.guest.set(lead.get(), self.patience());
        let took = clock::monotonic() - begun;
        // In words it may also say that only what comes after setting the clock failed: that is seen below.
        if let Err(refusal) = &set
            && !matches!(refusal, Refusal::Words(_) | Refusal::Unanswered)
        {
            self.under_way = false;
            return Err(refusal.clone());
        }
        self.sets.push(Set { lead: lead.get(), took, after: None });
        if set == Err(Refusal::Unanswered) {
            return Err(Refusal::Unanswered);
        }
        let after = self.look()?;
        if let Some(set) = self.sets.last_mut() {
            set.after = Some(after);
        }
        let parted = parted(clock::monotonic() - begun);
        // It was told the host's time plus the lead at some time before it answered.
        let told = Interval::between(lead.get() - took, lead.get());
        let told = told.widened(parted + WHOLE);
        if after.intersect(told).is_none() {
            if after.intersect(before.widened(parted)).is_some() {
                return Err(set.err().unwrap_or(Refusal::Unmoved));
            }
            // Once that may be a pause after the set.
            return if std::mem::replace(&mut self.moved, true) {
                Err(Refusal::Contested)
            } else {
                Ok(after)
            };
        }
        // Who may not go back comes near from behind.
        let share = if self.request.policy.never_backwards { 2 } else { 1 };
        lead.learn(Interval { lo: Nanos(after.lo.0 / share), hi: Nanos(after.hi.0 / share) });
        self.lead = Some(lead);
        Ok(after)
    }

    /// Has the guest's daemon do it, and waits as long as there is time.
    fn slew(&mut self) -> Result<Outcome, Refusal> {
        let patience = self.patience();
        let daemon = daemon::tell(self.guest, patience);
        self.told = Some(daemon.map_err(Refusal::NoSlew)?);
        while self.left() > SLEWING && !clock::interrupted() {
            clock::sleep_until(clock::monotonic() + SLEWING);
            if self.look()?.within(self.request.policy.tolerance) == Verdict::Kept {
                return Ok(Outcome::Corrected);
            }
        }
        Ok(Outcome::Slewing)
    }

    /// Tells the guest's daemon that the clock was set, unless it knows.
    pub(super) fn told(&mut self) -> Option<String> {
        if self.told.is_none() && !self.sets.is_empty() && !self.under_way {
            let told = daemon::tell(self.guest, PATIENCE);
            self.told = Some(told.unwrap_or_else(|why| format!("nobody: {why}")));
        }
        self.told.take()
    }
}
