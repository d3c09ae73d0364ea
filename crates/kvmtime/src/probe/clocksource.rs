//! `/sys/devices/system/clocksource`.

use kvmtime_core::facts::Clocksource;

use crate::world::World;

const DIR: &str = "/sys/devices/system/clocksource/clocksource0";

pub(super) fn probe(world: &World) -> Clocksource {
    Clocksource {
        current: world.word(&format!("{DIR}/current_clocksource")),
        available: world
            .text(&format!("{DIR}/available_clocksource"))
            .map(|text| text.split_whitespace().map(str::to_owned).collect()),
    }
}
