//! Setting a guest's clock from its host: what to do about an offset, what readings say together, how early to be, why it is refused, and what came of it.

mod correction;
mod decision;
mod lead;
mod refusal;
mod seen;

pub use correction::{Correction, Gap, Outcome, Set};
pub use decision::{Decision, Policy, decide};
pub use lead::Lead;
pub use refusal::Refusal;
pub use seen::joined;

use crate::units::Nanos;

/// A clock that nobody sets gains or loses no more than a tenth of the time that passes: so far may `ADJ_TICK` go (adjtimex(2)), with
/// which chronyd slews.
const PARTING: i64 = 10;

/// How far a clock can have parted from another.
pub fn parted(passed: Nanos) -> Nanos {
    Nanos(passed.0.max(0) / PARTING + 1)
}

/// The latest time that Linux lets a clock be set to: `TIME_SETTOD_SEC_MAX`, 30 years before the end of 64-bit nanoseconds
/// (include/linux/time64.h). What an agent says beyond it, or before 1970, is no time.
pub const LAST: Nanos = Nanos(i64::MAX - 30 * 365 * 24 * 3600 * 1_000_000_000);
