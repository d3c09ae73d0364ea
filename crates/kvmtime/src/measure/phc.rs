//! This machine's clock against a PTP hardware clock: in a guest that of `ptp_kvm`, which is the host's clock.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use kvmtime_core::reading::{Interval, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_sys::ptp::{self, Sample};

use super::{HERE, HOST, Names, Pair};
use crate::world::{self, Bracket, World, clock, turned};

const CLASS: &str = "/sys/class/ptp";

/// Where two clocks were read at one value of a counter, each is still rounded to the counter's lumps (10 ns on AMD Zen) and to
/// whole nanoseconds.
const ROUNDED: Nanos = Nanos(25);

/// How the device is read, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
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
    /// The network interface whose card it is on.
    card: Option<String>,
    method: Method,
    /// Whether it has been read by that method.
    worked: bool,
    /// Why no better method is used.
    instead: Vec<String>,
}

impl Phc {
    /// Opens a device by its path, and finds the best method that it offers.
    ///
    /// # Errors
    /// When it cannot be opened, or read by no method.
    pub(super) fn open(path: &str) -> io::Result<Self> {
        let world = World::live();
        let name = path.rsplit('/').next().unwrap_or(path);
        // A link such as /dev/ptp_kvm is named after the driver.
        let device = world.link(path);
        let name = device.value().and_then(|to| to.rsplit('/').next()).unwrap_or(name);
        let clock_name = world.word(&format!("{CLASS}/{name}/clock_name"));
        let cards = world.names(&format!("{CLASS}/{name}/device/net"));
        let mut phc = Self {
            device: world::open(path)?,
            path: path.to_owned(),
            clock_name: clock_name.value().cloned().unwrap_or_else(|| "unnamed".to_owned()),
            card: cards.value().and_then(|cards| cards.first().cloned()),
            method: Method::Precise,
            worked: false,
            instead: vec![],
        };
        phc.best()?;
        Ok(phc)
    }

    /// Samples by the method in use or, where that works no more, by the next that does.
    fn best(&mut self) -> io::Result<Vec<Sample>> {
        let was = self.method;
        let mut failed = vec![];
        for method in [Method::Precise, Method::Extended, Method::Plain] {
            if method < was {
                continue;
            }
            self.method = method;
            match self.samples() {
                Ok(samples) => {
                    self.instead.append(&mut failed);
                    self.worked = true;
                    return Ok(samples);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.method = was;
                    return Err(error);
                }
                Err(error) => {
                    let before =
                        if self.worked && method == was { "has worked, and now " } else { "" };
                    failed.push(format!("{} {before}{}", method.name(), method.why(&error)));
                }
            }
        }
        self.method = was;
        Err(io::Error::other(failed.join("; ")))
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
pub(super) fn is_of_host(clock_name: &str) -> bool {
    clock_name == "KVM virtual PTP"
        || clock_name.starts_with("vmclock")
        || clock_name.starts_with("Virtio PTP")
}

/// The PTP clocks by their devices and names: first that of ptp_kvm, then those that show the host's clock, too.
pub(super) fn all() -> Vec<(String, String)> {
    let world = World::live();
    let names = world.names(CLASS);
    let devices = names.value().into_iter().flatten();
    let mut found: Vec<(String, String)> = devices
        .filter_map(|device| {
            let name = world.word(&format!("{CLASS}/{device}/clock_name"));
            Some((format!("/dev/{device}"), name.value()?.clone()))
        })
        .collect();
    found.sort_by_key(|(device, name)| {
        (name != "KVM virtual PTP", !is_of_host(name), device.len(), device.clone())
    });
    found
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
        let card = self.card.as_ref().map(|card| format!(" of {card}"));
        let (path, name, card) = (&self.path, &self.clock_name, card.unwrap_or_default());
        let method = format!("{} of {path}, {name}{card}{instead}", self.method.name());
        let against = if self.is_of_host() { HOST } else { &self.path };
        Names::new(HERE, against, method)
    }

    fn read(&mut self) -> io::Result<Reading> {
        let (samples, here) = loop {
            let before = clock::moment();
            let samples = self.best()?;
            let here = clock::moment();
            // Some of them may be of before a step.
            if here.stepped_since(&before).is_none() {
                break (samples, here);
            }
        };
        let narrowest = samples.iter().min_by_key(|sample| sample.after - sample.before);
        let sample = narrowest.ok_or_else(|| io::Error::other("it gives no sample"))?;
        // device − after ≤ device − system ≤ device − before
        let system = Interval::between(Nanos(sample.before), Nanos(sample.after));
        let device = Interval::between(Nanos(sample.device), Nanos(sample.device));
        let offset = device.minus(system).widened(ROUNDED);
        let when = |time: Nanos| time - here.shift.middle();
        let bracket = Bracket::between(when(system.lo), when(system.hi));
        Ok(turned(bracket.real(offset, here)))
    }
}
