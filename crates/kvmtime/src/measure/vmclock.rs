//! This machine's clock against the page that the hypervisor writes time to.

use std::io;
use std::os::fd::AsFd;

use kvmtime_core::reading::{Interval, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_sys::page::Page;
use kvmtime_wire::vmclock::{self, NoTime};

use super::{HERE, Names, Pair, UTC};
use crate::world::{self, Bracket, clock, turned};

/// Where the page's sequence counter stands (Linux include/uapi/linux/vmclock-abi.h).
const SEQUENCE: usize = 0x0c;
/// The kernel's name of the first device.
pub(super) const DEVICE: &str = "/dev/vmclock0";

/// A page.
pub(super) struct Vmclock {
    page: Page,
    path: String,
    /// Whether the hypervisor says how wrong its time can be.
    bounded: bool,
    marker: u64,
}

impl Vmclock {
    /// Maps it.
    ///
    /// # Errors
    /// When there is none, or it has no time.
    pub(super) fn open(path: &str) -> io::Result<Self> {
        if !clock::counts_tsc() {
            return Err(io::Error::other("its counter is read on x86-64 only"));
        }
        let page = Page::map(world::open(path)?.as_fd())?;
        let now = copy(&page)?;
        let time = now.time(clock::count()).map_err(io::Error::other)?;
        let (bounded, marker) = (time.max_error.is_some(), now.disruption_marker);
        Ok(Self { page, path: path.to_owned(), bounded, marker })
    }
}

fn copy(page: &Page) -> io::Result<vmclock::Page> {
    vmclock::parse(&page.read(SEQUENCE)?).map_err(io::Error::other)
}

/// What a page tells of disruptions; it needs no time for that.
pub(super) struct Disruptions(Page);

impl Disruptions {
    /// Maps the first device's, if there is one and it may be read.
    pub(super) fn open() -> Option<Self> {
        Page::map(world::open(DEVICE).ok()?.as_fd()).ok().map(Self)
    }

    /// The marker: it changes when the machine was migrated, restored or cloned.
    pub(super) fn marker(&self) -> Option<u64> {
        copy(&self.0).ok().map(|page| page.disruption_marker)
    }
}

impl Pair for Vmclock {
    fn names(&self) -> Names {
        let against = if self.bounded { UTC } else { "its hypervisor's clock" };
        let bound = if self.bounded { "" } else { ", which does not say how wrong it can be" };
        Names::new(HERE, against, format!("vmclock page {}{bound}", self.path))
    }

    fn read(&mut self) -> io::Result<Reading> {
        let page = copy(&self.page)?;
        let bracket = Bracket::begin();
        let counter = clock::count();
        let bracket = bracket.end();
        let time = page.time(counter).map_err(io::Error::other)?;
        if page.disruption_marker != self.marker {
            self.marker = page.disruption_marker;
            return Err(io::Error::other("the machine was migrated, restored or cloned meanwhile"));
        }
        if self.bounded != time.max_error.is_some() {
            return Err(io::Error::other(NoTime::Unusable("it says its error only at times")));
        }
        let error = Nanos(time.max_error.unwrap_or_default());
        let reading = bracket.remote(Nanos(time.utc), Nanos(1), None);
        let offset: Interval = reading.offset.widened(error);
        Ok(turned(Reading { offset, ..reading }))
    }
}
