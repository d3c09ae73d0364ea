//! Where events come from: one file per source.

pub(super) mod host;
#[cfg(feature = "libvirt")]
pub(super) mod libvirt;
pub(super) mod qmp;

use kvmtime_core::guard::{Guest, Kind, Notice, Trigger};
use kvmtime_core::units::Nanos;

use crate::world::clock;

/// Where a source's notices go.
pub(super) trait Tell: Fn(Notice) + Send + Sync + 'static {}

impl<F: Fn(Notice) + Send + Sync + 'static> Tell for F {}

/// The waits before a source is looked for again that is lost.
const LOST: [Nanos; 2] = [Nanos(100_000_000), Nanos(10_000_000_000)];

fn now() -> Nanos {
    clock::boottime()
}

fn trigger(guest: Guest, kind: Kind, at: Nanos, detail: impl Into<String>) -> Notice {
    Notice::Trigger(Trigger { guest: Some(guest), kind, at, detail: detail.into() })
}
