//! This machine's clock against a PTP hardware clock: in a guest that of `ptp_kvm`, which is the host's clock.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use kvmtime_core::reading::{Interval, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_sys::ptp::{self, Sample};

use super::{HERE, HOST, Names, Pair};
use crate::world::{self, Bracket, clock, turned};

/// Where two clocks were read at one value of a counter, each is still rounded to the counter's lumps (10 ns on AMD Zen) and to
/// whole nanoseconds.
const ROUNDED: Nanos = Nanos(25);

/// How the device is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Precise,
    Extended,
    Plain,
}

/// A device.
pub(super) struct Phc {
    device: OwnedFd,
    path: String,
    clock_name: String,
    method: Method,
    /// Why no better method is used.
    instead: Vec<String>,
}

impl Phc {
    /// Opens a device by its path, and finds the best method that it offers.
    ///
    /// # Errors
    /// When it cannot be opened, or read by no method.
    pub(super) fn open(path: &str) -> io::Result<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        // A link such as /dev/ptp_kvm is named after the driver.
        let device = world::World::live().link(path);
        let name = device.value().and_then(|to| to.rsplit('/').next()).unwrap_or(name).to_owned();
        let clock_name = world::read(format!("/sys/class/ptp/{name}/clock_name"));
        let mut phc = Self {
            device: world::open(path)?,
            path: path.to_owned(),
            clock_name: clock_name.map_or_else(|_| "unnamed".to_owned(), |n| n.trim().to_owned()),
            method: Method::Precise,
            instead: vec![],
        };
        for method in [Method::Precise, Method::Extended, Method::Plain] {
            phc.method = method;
            match phc.samples() {
                Ok(_) => return Ok(phc),
                Err(error) => phc.instead.push(format!("{} {}", method.name(), method.why(&error))),
            }
        }
        Err(io::Error::other(phc.instead.join("; ")))
    }

    fn samples(&self) -> io::Result<Vec<Sample>> {
        let device = self.device.as_fd();
        match self.method {
            Method::Precise => ptp::precise(device).map(|sample| vec![sample]),
            Method::Extended => ptp::extended(device),
            Method::Plain => ptp::plain(device),
        }
    }

    fn is_of_host(&self) -> bool {
        is_of_host(&self.clock_name)
    }
}

/// Whether a clock of this name is the host's (Linux drivers/ptp/ptp_kvm_common.c, ptp_vmclock.c, drivers/virtio/virtio_rtc_ptp.c).
fn is_of_host(clock_name: &str) -> bool {
    clock_name == "KVM virtual PTP"
        || clock_name.starts_with("vmclock")
        || clock_name.starts_with("Virtio PTP")
}

/// The devices that show the host's clock, that of ptp_kvm first.
pub(super) fn of_host() -> Vec<String> {
    let world = world::World::live();
    let class = "/sys/class/ptp";
    let names = world.names(class);
    let name = |device: &String| world.word(&format!("{class}/{device}/clock_name"));
    let mut found: Vec<(bool, String)> = (names.value().into_iter().flatten())
        .filter_map(|device| {
            let clock = name(device).value().cloned()?;
            is_of_host(&clock).then(|| (clock != "KVM virtual PTP", format!("/dev/{device}")))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, device)| device).collect()
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Precise => "PTP_SYS_OFFSET_PRECISE",
            Self::Extended => "PTP_SYS_OFFSET_EXTENDED",
            Self::Plain => "PTP_SYS_OFFSET",
        }
    }

    fn why(self, error: &io::Error) -> String {
        match error.raw_os_error() {
            Some(libc::EOPNOTSUPP | libc::ENOTTY | libc::EINVAL) => {
                "is not offered by its driver".to_owned()
            }
            Some(libc::ENODEV) if self == Self::Precise => {
                "works only while the system clock runs on the counter that the device knows (ptp_kvm: kvm-clock)"
                    .to_owned()
            }
            _ => format!("fails: {}", world::plain(error)),
        }
    }
}

impl Pair for Phc {
    fn names(&self) -> Names {
        let instead = match &self.instead[..] {
            [] => String::new(),
            reasons => format!(" ({})", reasons.join("; ")),
        };
        let method =
            format!("{} of {}, {}{instead}", self.method.name(), self.path, self.clock_name);
        let against = if self.is_of_host() { HOST } else { &self.path };
        Names::new(HERE, against, method)
    }

    fn read(&mut self) -> io::Result<Reading> {
        let bracket = Bracket::begin();
        let samples = self.samples()?;
        let bracket = bracket.end();
        // device − after ≤ device − system ≤ device − before
        let offset = |sample: &Sample| {
            let system = Interval::between(Nanos(sample.before), Nanos(sample.after));
            Interval::between(Nanos(sample.device), Nanos(sample.device)).minus(system)
        };
        let narrowest = samples.iter().map(offset).min_by_key(|offset| offset.width());
        let narrowest = narrowest.ok_or_else(|| io::Error::other("it gives no sample"))?;
        // The device is against CLOCK_REALTIME, the bracket wants CLOCK_MONOTONIC.
        let here = clock::moment();
        Ok(turned(bracket.known(narrowest.widened(ROUNDED).plus(here.shift))))
    }
}
