//! What this machine's clock can be measured against, and which of that is best here.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use kvmtime_core::reading::Link;

use super::echo::{Echo, Port};
use super::{Pair, UTC, agent, chronyd, ntp, phc, rtc, vmclock};
use crate::guest;

/// A pair of clocks, by what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// This machine against what chronyd knows of it.
    Chronyd(u16),
    /// This machine against an NTP server.
    Ntp(String, u16),
    /// This machine against a PTP hardware clock; the best there is unless it is named.
    Phc(Option<String>),
    /// This machine against a vmclock page.
    Vmclock(String),
    /// This machine against its RTC.
    Rtc,
    /// A libvirt domain against this machine.
    Domain {
        /// libvirt's URI.
        uri: String,
        /// The domain.
        name: String,
    },
    /// A guest at its agent's socket against this machine.
    Qga(PathBuf),
    /// The RTC of a QEMU at its monitor's socket against this machine.
    Qmp(PathBuf),
    /// A guest in which `kvmtime echo` runs against this machine.
    Echo(Port),
}

impl FromStr for Source {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let port = |text: &str| text.parse().map_err(|_| format!("{text} is no port"));
        let or = |default: &str| if rest.is_empty() { default } else { rest }.to_owned();
        Ok(match kind {
            "chronyd" if rest.is_empty() => Self::Chronyd(chronyd::PORT),
            "chronyd" => Self::Chronyd(port(rest)?),
            // An IPv6 address has colons of its own.
            "ntp" => match rest.rsplit_once(':') {
                Some((host, last)) if !host.contains(':') => {
                    Self::Ntp(host.to_owned(), port(last)?)
                }
                _ if rest.is_empty() => {
                    return Err("ntp: needs a server, as in ntp:time.example.net".to_owned());
                }
                _ => Self::Ntp(rest.to_owned(), ntp::PORT),
            },
            "phc" => Self::Phc((!rest.is_empty()).then(|| rest.to_owned())),
            "vmclock" => Self::Vmclock(or(vmclock::DEVICE)),
            "rtc" if rest.is_empty() => Self::Rtc,
            _ => {
                return Err(format!(
                    "{text} is none of chronyd[:PORT], ntp:HOST[:PORT], phc[:DEVICE], vmclock[:PAGE], rtc"
                ));
            }
        })
    }
}

impl Source {
    /// Opens it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Pair>> {
        Ok(match self {
            Self::Chronyd(port) => Box::new(chronyd::Chronyd::open(*port)?),
            Self::Ntp(host, port) => Box::new(ntp::Server::open(host, *port)?),
            Self::Phc(Some(path)) => Box::new(phc::Phc::open(path)?),
            Self::Phc(None) => match phc::all().first() {
                Some((path, _)) => Box::new(phc::Phc::open(path)?),
                None => return Err(io::Error::other("there is none")),
            },
            Self::Vmclock(path) => Box::new(vmclock::Vmclock::open(path)?),
            Self::Rtc => Box::new(rtc::Rtc::open()?),
            #[cfg(feature = "libvirt")]
            Self::Domain { uri, name } => {
                let connection = kvmtime_sys::libvirt::Connection::open(uri)?;
                let domain = guest::Domain::open(&connection, name).map_err(io::Error::other)?;
                let method = format!("guest agent through {uri}");
                Box::new(agent::Agent::new(domain, name, &method))
            }
            #[cfg(not(feature = "libvirt"))]
            Self::Domain { .. } => {
                return Err(io::Error::other("this kvmtime is built without libvirt"));
            }
            Self::Qga(path) => {
                let socket = guest::Agent::open(path).map_err(io::Error::other)?;
                let clock = format!("guest at {}", socket.name());
                Box::new(agent::Agent::new(socket, &clock, "guest agent"))
            }
            Self::Qmp(path) => Box::new(rtc::Emulated::open(path)?),
            Self::Echo(port) => Box::new(Echo::open(port)?),
        })
    }

    /// What it is, for an error message.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Chronyd(port) if *port == chronyd::PORT => "chronyd".to_owned(),
            Self::Chronyd(port) => format!("chronyd at port {port}"),
            Self::Ntp(host, port) => format!("the NTP server {host}, port {port}"),
            Self::Phc(None) => "a PTP clock".to_owned(),
            Self::Phc(Some(path)) | Self::Vmclock(path) => path.clone(),
            Self::Rtc => "the RTC".to_owned(),
            Self::Domain { uri, name } => format!("the agent of {name} through {uri}"),
            Self::Qga(path) => format!("the guest agent at {}", path.display()),
            Self::Qmp(path) => format!("QEMU's monitor at {}", path.display()),
            Self::Echo(port) => format!("the echo at {port}"),
        }
    }
}

/// A way that was tried first, and why it was not taken.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Missed {
    /// What was tried.
    pub(crate) what: String,
    /// Why that is not used.
    pub(crate) why: String,
}

/// The best that this machine's clock can be measured against: the host's clock, UTC, and at last the rate of the RTC.
pub(crate) fn best() -> (Option<Box<dyn Pair>>, Vec<Missed>) {
    let mut missed = Vec::new();
    let (hosts, others): (Vec<_>, Vec<_>) =
        phc::all().into_iter().partition(|(_, name)| phc::is_of_host(name));
    if hosts.is_empty() {
        let others: Vec<String> =
            others.iter().map(|(device, name)| format!("{device} is {name}")).collect();
        let seen = match &others[..] {
            [] => String::new(),
            _ => format!(" ({})", others.join(", ")),
        };
        let why = format!(
            "no PTP clock shows a host's{seen}: ptp_kvm is not loaded, or this is no KVM guest"
        );
        missed.push(Missed { what: "ptp_kvm".to_owned(), why });
    }
    let clocks = hosts.into_iter().map(|(device, _)| Source::Phc(Some(device)));
    let others =
        [Source::Vmclock(vmclock::DEVICE.to_owned()), Source::Chronyd(chronyd::PORT), Source::Rtc];
    for source in clocks.chain(others) {
        match source.open() {
            Ok(pair) => return (Some(pair), missed),
            Err(error) => {
                let why = crate::world::plain(&error);
                missed.push(Missed { what: source.what(), why });
            }
        }
    }
    (None, missed)
}

/// This machine's clock against UTC, as the last link of a guest's chain.
pub(crate) fn host_to_utc() -> Option<Link> {
    let mut chronyd = chronyd::Chronyd::open(chronyd::PORT).ok()?;
    let (names, reading) = (chronyd.names(), chronyd.read().ok()?);
    let link = Link {
        clock: names.clock,
        against: names.against,
        method: names.method,
        offset: reading.offset,
    };
    (link.against == UTC).then_some(link)
}
