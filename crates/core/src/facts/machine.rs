//! One machine: a KVM host, a guest, or both at once.

use kvmtime_wire::chrony::sources::Source;
use kvmtime_wire::chrony::tracking::Tracking;
use kvmtime_wire::cmdline::Cmdline;
use kvmtime_wire::cpuinfo::CpuInfo;
use kvmtime_wire::directives::Directives;
use kvmtime_wire::klog::LogLine;
use kvmtime_wire::ntp::peers::Peer;
use kvmtime_wire::ntp::variables::Variables;
use kvmtime_wire::openntpd::OpenntpdStatus;
use kvmtime_wire::stat::CpuTime;
use kvmtime_wire::timesync::TimesyncStatus;
use serde::{Deserialize, Serialize};

use super::{Bsd, Kvm, LibvirtHost, Power, Rtc, TimeDaemon, Timex, Windows};
use crate::check::Subject;
use crate::fact::{Fact, Unknown};
use crate::lifecycle::Lifecycle;
use crate::profile::Os;

/// What a machine is judged as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It runs guests.
    Host,
    /// It is one.
    Guest,
}

/// What a machine runs, as far as rules are written for one and not the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum System {
    /// Linux, or not known.
    #[default]
    Linux,
    /// FreeBSD, NetBSD or OpenBSD.
    Bsd,
    /// Windows.
    Windows,
}

/// One machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// What it is judged as; nothing: it only tells what its domains run on.
    pub roles: Vec<Role>,
    /// `live`, or the folder of the evidence.
    pub source: String,
    /// `/proc/sys/kernel/hostname`.
    pub name: Fact<String>,
    /// os-release(5).
    pub os: Fact<Os>,
    /// Kernel release, `uname -r`.
    pub kernel: Fact<String>,
    /// `x86_64`, `aarch64` …
    pub arch: Fact<String>,
    /// `/proc/cmdline`.
    pub cmdline: Fact<Cmdline>,
    /// `/proc/cpuinfo`.
    pub cpu: Fact<CpuInfo>,
    /// What the machine runs on.
    pub hypervisor: Fact<Hypervisor>,
    /// Whether this is a container (systemd-detect-virt's marks).
    pub container: Fact<bool>,
    /// `/sys/devices/system/clocksource`.
    pub clocksource: Clocksource,
    /// KVM itself.
    pub kvm: Kvm,
    /// CPU idling, frequency and sleep.
    pub power: Power,
    /// `adjtimex(2)` without changing anything.
    pub timex: Fact<Timex>,
    /// The battery-backed clock.
    pub rtc: Rtc,
    /// Time daemons that run.
    pub daemons: Fact<Vec<TimeDaemon>>,
    /// chrony.
    pub chrony: Chrony,
    /// ntpd and ntpsec.
    pub ntp: Ntp,
    /// systemd-timesyncd.
    pub timesyncd: Fact<TimesyncStatus>,
    /// timesyncd.conf and its drop-ins.
    pub timesyncd_conf: Fact<Directives>,
    /// OpenNTPD.
    pub openntpd: Fact<OpenntpdStatus>,
    /// OpenNTPD's ntpd.conf.
    pub openntpd_conf: Fact<Directives>,
    /// PTP hardware clocks, `/sys/class/ptp`.
    pub phcs: Fact<Vec<Phc>>,
    /// How the kernel has the driver `ptp_kvm`.
    pub ptp_kvm: Fact<Driver>,
    /// `/dev/vmclock0`.
    pub vmclock: Fact<bool>,
    /// `/proc/stat`, since boot.
    pub cpu_time: Fact<CpuTime>,
    /// `/proc/pressure/cpu`, `some avg60`, percent.
    pub cpu_pressure: Fact<f64>,
    /// qemu-guest-agent.
    pub agent: Fact<Agent>,
    /// Whether `/sbin/hwclock` is there, by which the agent sets the clock.
    pub hwclock: Fact<bool>,
    /// systemd units that order guests and time.
    pub units: Units,
    /// libvirt on this machine.
    pub libvirt: LibvirtHost,
    /// Logs.
    pub logs: Logs,
    /// What only a BSD has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsd: Option<Bsd>,
    /// What only Windows has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
    /// What may happen to it as a guest; see [`super::Facts::settle`].
    #[serde(skip)]
    pub lifecycle: Lifecycle,
}

/// Who runs the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hypervisor {
    /// Nobody: bare metal.
    None,
    /// KVM, by its CPUID signature, what only it gives, or the firmware of a cloud that has nothing else.
    Kvm,
    /// QEMU without KVM: TCG.
    Tcg,
    /// Another one, by its signature.
    Other(String),
}

/// How a kernel has a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// Not at all.
    Lacking,
    /// As a module that could be loaded.
    Loadable,
    /// As a module that is.
    Loaded,
    /// In the kernel itself.
    BuiltIn,
}

/// `/sys/devices/system/clocksource/clocksource0`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clocksource {
    /// `current_clocksource`.
    pub current: Fact<String>,
    /// `available_clocksource`, in the order of the kernel.
    pub available: Fact<Vec<String>>,
}

/// chrony.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chrony {
    /// `chronyc -n tracking`.
    pub tracking: Fact<Tracking>,
    /// `chronyc -n sources`.
    pub sources: Fact<Vec<Source>>,
    /// chrony.conf and what it includes.
    pub conf: Fact<Directives>,
}

/// ntpd and ntpsec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ntp {
    /// `ntpq -pn`.
    pub peers: Fact<Vec<Peer>>,
    /// `ntpq -c rv`.
    pub variables: Fact<Variables>,
    /// ntp.conf.
    pub conf: Fact<Directives>,
}

/// A PTP hardware clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phc {
    /// `ptp0`.
    pub device: String,
    /// `clock_name`, by which drivers differ. Clocks of one driver may have the same.
    pub clock_name: String,
    /// Stable links in `/dev` that lead to it, such as `/dev/ptp_kvm`.
    pub links: Vec<String>,
    /// The device that it is a part of, such as the PCI address of its card, `0000:00:04.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// qemu-guest-agent in a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Whether the process runs.
    pub running: bool,
    /// Whether the host gave the guest a channel, `/dev/virtio-ports/org.qemu.guest_agent.0`.
    pub channel: bool,
    /// Commands that the agent refuses.
    pub blocked: Vec<String>,
}

impl Agent {
    /// Whether the host may set this guest's clock through it.
    pub fn sets_the_clock(&self) -> bool {
        self.running && self.channel && !self.blocked.iter().any(|name| name == "guest-set-time")
    }
}

/// systemd units.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Units {
    /// Whether `libvirt-guests.service` is enabled.
    pub libvirt_guests_enabled: Fact<bool>,
    /// Whether `kvmtime-guard.service` is.
    pub guard_enabled: Fact<bool>,
    /// `After=` of `libvirt-guests.service`, drop-ins included.
    pub libvirt_guests_after: Fact<Vec<String>>,
    /// `After=` of the unit whose daemon autostarts domains, drop-ins included: `virtqemud.service` where it is
    /// enabled, else `libvirtd.service`.
    pub libvirt_daemon_after: Fact<Vec<String>>,
    /// Which of `chrony-wait.service`, `systemd-time-wait-sync.service`, `ntp-wait.service` are enabled.
    pub time_wait_enabled: Fact<Vec<String>>,
    /// `ExecStart` options such as ntpd's `-g`: the words of the time daemon's unit and its defaults file.
    pub ntpd_options: Fact<Vec<String>>,
}

/// Lines that speak of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logs {
    /// The kernel's log.
    pub kernel: Fact<Vec<LogLine>>,
    /// What time daemons and libvirt wrote to syslog or the journal.
    pub system: Fact<Vec<LogLine>>,
    /// What the guests' QEMUs wrote, `/var/log/libvirt/qemu`.
    pub qemu: Fact<Vec<LogLine>>,
}

impl Machine {
    /// The subject of a report that this machine is in a role.
    pub fn subject(&self, role: Role) -> Subject {
        Subject {
            id: kind(role).to_owned(),
            kind: kind(role).to_owned(),
            name: self.name.value().cloned().unwrap_or_default(),
            os: self.os.value().map(|os| os.id.clone()),
            from: self.source.clone(),
            whole: false,
            system: self.system(),
        }
    }

    /// What it runs.
    pub fn system(&self) -> System {
        match (&self.windows, &self.bsd) {
            (Some(_), _) => System::Windows,
            (None, Some(_)) => System::Bsd,
            (None, None) => System::Linux,
        }
    }

    /// Whether the machine has x86's clocks, by its architecture or by its CPU.
    ///
    /// # Errors
    /// When neither is known.
    pub fn is_x86(&self) -> Result<bool, Unknown> {
        match (self.arch.get(), self.cpu.value()) {
            (Ok(arch), _) => Ok(matches!(arch.as_str(), "x86_64" | "i686" | "i386")),
            (Err(_), Some(cpu)) => Ok(cpu.has("tsc")),
            (Err(unknown), None) => Err(unknown),
        }
    }

    /// Whether the CPU says that a hypervisor runs this machine; no if the CPU is not known.
    pub fn is_virtual(&self) -> bool {
        self.cpu.value().is_some_and(|cpu| cpu.has("hypervisor"))
    }
}

/// The source of the machine that kvmtime runs on.
pub const LIVE: &str = "live";

fn kind(role: Role) -> &'static str {
    match role {
        Role::Host => "host",
        Role::Guest => "guest",
    }
}
