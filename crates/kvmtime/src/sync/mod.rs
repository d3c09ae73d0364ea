//! Setting a guest's clock, and reading it back until it is proven right.

mod daemon;
mod pause;
mod work;

use kvmtime_core::sync::{Correction, Outcome, Policy, Refusal};
use kvmtime_core::units::Nanos;

use crate::guest::Settable;
use crate::world::clock;

pub(crate) use pause::{pause, resume};

/// Why this host's clock is not synchronised, nothing if it is, or why that is not known.
pub(crate) type Unsynchronised = fn() -> Result<Option<String>, String>;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// What may be done, and when it is right.
    pub(crate) policy: Policy,
    /// Why.
    pub(crate) trigger: String,
    /// How long it may take.
    pub(crate) timeout: Nanos,
    /// Asked before a clock is set, where this host's must be synchronised.
    pub(crate) must_follow: Option<Unsynchronised>,
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// What is waited for, as long as there is time.
    pub(crate) waits: Waits,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Waits {
    /// Nobody who is not there.
    Nothing,
    /// An agent that does not answer.
    Agent,
    /// Also a guest that is paused or off.
    Guest,
}

/// From one try to the next: at first, and at most.
const PAUSE: Nanos = Nanos(20_000_000);
const LONGEST_PAUSE: Nanos = Nanos::SECOND;
/// Who answers nonsense so often, or is set by somebody else, will do so again.
const NONSENSE: u32 = 2;

/// Brings a guest's clock within the tolerance, and tells its daemon.
pub(crate) fn correct(guest: &mut dyn Settable, request: &Request) -> Correction {
    let at = clock::realtime();
    let mut work = work::Work::new(guest, request);
    let mut pause = PAUSE;
    let mut nonsense = 0;
    let outcome = loop {
        let refusal = match work.attempt() {
            Ok(outcome) => break outcome,
            Err(refusal) => refusal,
        };
        nonsense += u32::from(matches!(
            refusal,
            Refusal::Garbage(_) | Refusal::OutOfRange(_) | Refusal::Contested
        ));
        let needed = match refusal {
            Refusal::NotConnected | Refusal::Silent | Refusal::Gone => Waits::Agent,
            Refusal::Paused | Refusal::Off => Waits::Guest,
            _ => Waits::Nothing,
        };
        let passes = refusal.passes() || needed == Waits::Guest;
        let hopeless = !passes || nonsense >= NONSENSE || request.waits < needed;
        if hopeless || work.left() <= pause || clock::interrupted() {
            break refused(&work.why(refusal));
        }
        clock::sleep_until(clock::monotonic() + pause);
        pause = LONGEST_PAUSE.min(pause + pause);
    };
    let told = work.told();
    let work::Work { before, sets, residual, took, .. } = work;
    let (guest, trigger) = (guest.name(), request.trigger.clone());
    Correction { guest, at, trigger, gap: None, before, sets, residual, took, told, outcome }
}

/// A guest that could not even be asked.
pub(crate) fn unreachable(guest: &str, trigger: &str, refusal: &Refusal) -> Correction {
    Correction {
        guest: guest.to_owned(),
        at: clock::realtime(),
        trigger: trigger.to_owned(),
        gap: None,
        before: None,
        sets: vec![],
        residual: None,
        took: Nanos(0),
        told: None,
        outcome: refused(refusal),
    }
}

/// An outcome that is a refusal.
pub(crate) fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused {
        why: refusal.name().to_owned(),
        message: refusal.to_string(),
        hint: refusal.hint().to_owned(),
        passes: refusal.passes(),
    }
}
