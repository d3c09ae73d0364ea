//! What is done about an offset.

use crate::reading::{Interval, Verdict};
use crate::units::Nanos;

use super::Refusal;

/// What may be done to a guest's clock, and when it is right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// The whole interval of the offset must be within it.
    pub tolerance: Nanos,
    /// Who is off by more is left alone for somebody to look at.
    pub max_step: Option<Nanos>,
    /// A clock that would have to go back is a failure.
    pub never_backwards: bool,
    /// A clock that is ahead is left alone.
    pub only_if_behind: bool,
    /// Never step: let the guest's own daemon slew it.
    pub slew: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is right.
    Keep,
    /// It is ahead, and stays so.
    Leave,
    /// Set it.
    Step,
    /// Have it slewed.
    Slew,
    /// Neither is allowed, or would help.
    Refuse(Refusal),
}

/// Decides by guest − host, when no better reading is to be had. `way` is the longest that a question and its answer took: a clock that
/// is behind by less may be past the time that it is told when that arrives.
pub fn decide(offset: Interval, way: Nanos, policy: &Policy) -> Decision {
    let verdict = offset.within(policy.tolerance);
    if verdict == Verdict::Kept {
        return Decision::Keep;
    }
    // A step takes away the middle, and leaves the doubt.
    if verdict == Verdict::Unproven && offset.radius() > policy.tolerance {
        return Decision::Refuse(Refusal::Doubtful { bound: offset.radius() });
    }
    if policy.only_if_behind && offset.middle() > Nanos(0) {
        return Decision::Leave;
    }
    if policy.never_backwards && offset.hi > -way && !policy.slew {
        return Decision::Refuse(Refusal::Backwards { ahead: offset });
    }
    match policy.max_step {
        Some(limit) if offset.worst() > limit => {
            Decision::Refuse(Refusal::TooFar { offset, limit })
        }
        _ if policy.slew => Decision::Slew,
        _ => Decision::Step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        tolerance: Nanos(10),
        max_step: None,
        never_backwards: false,
        only_if_behind: false,
        slew: false,
    };

    fn decided(offset: Interval, policy: &Policy) -> Decision {
        decide(offset, Nanos(5), policy)
    }

    fn offset(lo: i64, hi: i64) -> Interval {
        Interval { lo: Nanos(lo), hi: Nanos(hi) }
    }

    #[test]
    fn only_a_whole_interval_within_the_tolerance_is_right() {
        assert_eq!(decided(offset(-10, 10), &POLICY), Decision::Keep);
        assert_eq!(decided(offset(-11, 3), &POLICY), Decision::Step);
        assert_eq!(decided(offset(-1_000, -900), &POLICY), Decision::Step);
    }

    #[test]
    fn a_step_that_cannot_make_it_provable_is_not_made_where_nothing_is_known_to_be_wrong() {
        let doubtful = Decision::Refuse(Refusal::Doubtful { bound: Nanos(20) });
        assert_eq!(decided(offset(-25, 15), &POLICY), doubtful);
        // Here it is known.
        assert_eq!(decided(offset(-100, -60), &POLICY), Decision::Step);
    }

    #[test]
    fn what_may_be_ahead_is_not_set_back() {
        let forward = Policy { never_backwards: true, ..POLICY };
        assert_eq!(decided(offset(-100, -90), &forward), Decision::Step);
        assert!(matches!(decided(offset(90, 100), &forward), Decision::Refuse(_)));
        assert!(matches!(decided(offset(-12, 2), &forward), Decision::Refuse(_)));
        assert!(matches!(decided(offset(-12, -4), &forward), Decision::Refuse(_)));
        let behind = Policy { only_if_behind: true, ..POLICY };
        assert_eq!(decided(offset(90, 100), &behind), Decision::Leave);
        assert_eq!(decided(offset(-100, -90), &behind), Decision::Step);
        // It is hardly behind, and no less so.
        assert_eq!(decided(offset(-12, -4), &behind), Decision::Step);
    }

    #[test]
    fn a_limit_holds_for_the_worst() {
        let limited = Policy { max_step: Some(Nanos(100)), ..POLICY };
        assert_eq!(decided(offset(-100, -90), &limited), Decision::Step);
        assert!(matches!(decided(offset(-101, -90), &limited), Decision::Refuse(_)));
    }

    #[test]
    fn who_slews_never_steps() {
        let slew = Policy { slew: true, never_backwards: true, ..POLICY };
        assert_eq!(decided(offset(90, 100), &slew), Decision::Slew);
        assert_eq!(decided(offset(-100, -90), &slew), Decision::Slew);
    }
}
