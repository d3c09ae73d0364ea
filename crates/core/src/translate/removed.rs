//! Options that QEMU once had.

use super::Version;

/// An option that newer QEMU no longer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The option, without its dash.
    pub name: &'static str,
    /// The version that dropped it.
    pub gone: Version,
    /// What to write today.
    pub instead: &'static str,
}

const fn gone(name: &'static str, gone: Version, instead: &'static str) -> Removed {
    Removed { name, gone, instead }
}

/// Source: QEMU `docs/about/removed-features.rst`; `-clock`, which it does not name, was gone before.
const REMOVED: [Removed; 10] = [
    gone("clock", Version(5, 2, 0), "leave `-clock` out: it chose a timer of the host's"),
    gone(
        "tdf",
        Version(2, 12, 0),
        "leave `-tdf` out: the in-kernel PIT catches up unless it is told to discard",
    ),
    gone("no-kvm-pit", Version(2, 12, 0), "leave `-no-kvm-pit` out"),
    gone(
        "no-kvm-pit-reinjection",
        Version(3, 0, 0),
        "leave `-no-kvm-pit-reinjection` out; to drop lost ticks as it did, `-global kvm-pit.lost_tick_policy=discard`",
    ),
    gone("no-kvm-irqchip", Version(3, 0, 0), "write `-machine kernel_irqchip=off`"),
    gone("no-kvm", Version(3, 0, 0), "write `-accel tcg`"),
    gone("localtime", Version(3, 1, 0), "write `-rtc base=localtime`"),
    gone("startdate", Version(3, 1, 0), "write `-rtc base=DATE`"),
    gone("rtc-td-hack", Version(3, 1, 0), "write `-rtc driftfix=slew`"),
    gone("no-hpet", Version(9, 0, 0), "write `-machine hpet=off`"),
];

/// What is known of an option that newer QEMU no longer has.
pub fn removed(option: &str) -> Option<Removed> {
    REMOVED.into_iter().find(|removed| removed.name == option)
}
