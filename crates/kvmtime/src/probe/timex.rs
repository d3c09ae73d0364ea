//! `adjtimex(2)`, read only.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::Timex;

use crate::world::World;

/// `STA_NANO`, include/uapi/linux/timex.h: `offset` is in nanoseconds, else in microseconds.
const STA_NANO: i32 = 0x2000;

pub(super) fn probe(world: &World) -> Fact<Timex> {
    world.ask("adjtimex", "adjtimex(2)", || {
        let (timex, state) = kvmtime_sys::timex::read()?;
        let unit = if timex.status & STA_NANO == 0 { 1_000 } else { 1 };
        Ok(Timex {
            status: timex.status,
            state,
            offset_ns: timex.offset.saturating_mul(unit),
            freq: timex.freq,
            maxerror_us: timex.maxerror,
            esterror_us: timex.esterror,
            tai: timex.tai,
        })
    })
}
