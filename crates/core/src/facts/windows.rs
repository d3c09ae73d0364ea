//! What a Windows guest's own programs say of its time.

use kvmtime_wire::domain::is;
use kvmtime_wire::windows::{bcdedit::BootEntry, boot_ini, w32tm};
use serde::{Deserialize, Serialize};

use super::{Domain, Facts, Machine};
use crate::fact::{Fact, Unknown, Why};

/// A Windows guest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Windows {
    /// Virtual CPUs, by `Win32_ComputerSystem`.
    pub processors: Fact<u32>,
    /// `Win32_ComputerSystem`, `PartOfDomain`.
    pub domain_member: Fact<bool>,
    /// `QueryPerformanceFrequency`, in Hz.
    pub qpc_hz: Fact<u64>,
    /// `bcdedit /enum {current}`; Windows up to Server 2003 has none.
    pub boot: Fact<BootEntry>,
    /// The default entry of `C:\boot.ini`; Windows since Vista has none.
    pub boot_ini: Fact<boot_ini::Entry>,
    /// `RealTimeIsUniversal`: the RTC is taken for UTC, not for local time.
    pub rtc_is_utc: Fact<bool>,
    /// The time zone.
    pub zone: Fact<Zone>,
    /// The Windows Time service.
    pub w32time: Fact<Service>,
    /// `w32tm /query /status /verbose`.
    pub status: Fact<w32tm::Status>,
    /// Whether the service `NTP` runs, ntpd for Windows.
    pub ntpd_runs: Fact<bool>,
    /// Whether the service `QEMU-GA` runs.
    pub agent_runs: Fact<bool>,
}

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// What local time is ahead of UTC now, seconds.
    pub offset_seconds: i64,
    /// Whether it has daylight saving time.
    pub changes: bool,
}

impl Zone {
    /// Whether local time is UTC all year.
    pub fn is_utc(self) -> bool {
        self.offset_seconds == 0 && !self.changes
    }
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whether it runs.
    pub runs: bool,
    /// Whether it starts with Windows (`Start` is 2), and not on demand or never.
    pub automatic: bool,
}

impl Facts {
    /// The domain that runs a guest: the one by its name, else the only one.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn domain_of(&self, guest: &Machine) -> Result<&Domain, Unknown> {
        let named = |domain: &&Domain| guest.name.value() == Some(&domain.name);
        match (self.domains.iter().find(named), self.domains.as_slice()) {
            (Some(domain), _) | (None, [domain]) => Ok(domain),
            (None, _) => Err(Unknown {
                unknown: Why::NotCollected,
                from: "the guest's domain (check it together with its domain XML)".to_owned(),
            }),
        }
    }

    /// What Windows in a domain says of itself, where it is the only guest that was read, or the one of that name.
    pub fn windows_of(&self, domain: &Domain) -> Option<&Windows> {
        let guests = self.machines.iter().filter(|machine| machine.windows.is_some());
        let mut runs = guests
            .filter(|guest| self.domain_of(guest).is_ok_and(|found| std::ptr::eq(found, domain)));
        let windows = runs.next()?.windows.as_ref();
        windows.filter(|_| runs.next().is_none())
    }
}

/// What the RTC of a domain shows when its guest starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcShows {
    /// UTC.
    Utc,
    /// Local time, of the host or of a zone.
    Local,
    /// Something that libvirt computes.
    Other,
}

impl Domain {
    /// What the RTC shows (libvirt formatdomain, `clock`; without an offset it is UTC).
    pub fn rtc_shows(&self) -> RtcShows {
        let Some(clock) = &self.xml.clock else { return RtcShows::Utc };
        let shifted = clock.adjustment.as_ref().is_some_and(|word| word.value != "reset");
        match clock.offset.as_ref().map_or("utc", |offset| offset.value.as_str()) {
            "utc" if !shifted => RtcShows::Utc,
            "localtime" if !shifted => RtcShows::Local,
            "timezone" if is(clock.timezone.as_ref(), "UTC") => RtcShows::Utc,
            "timezone" => RtcShows::Local,
            _ => RtcShows::Other,
        }
    }
}
