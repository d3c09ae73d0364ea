//! One machine: a KVM host, a guest, or both at once.

use std::collections::BTreeMap;

use kvmtime_wire::adjtime::RtcScale;
use kvmtime_wire::capabilities::Capabilities;
use kvmtime_wire::chrony::sources::Source;
use kvmtime_wire::chrony::tracking::Tracking;
use kvmtime_wire::cmdline::Cmdline;
use kvmtime_wire::cpuinfo::CpuInfo;
use kvmtime_wire::directives::Directives;
use kvmtime_wire::klog::LogLine;
use kvmtime_wire::ntp::peers::Peer;
use kvmtime_wire::openntpd::OpenntpdStatus;
use kvmtime_wire::stat::CpuTime;
use kvmtime_wire::timesync::TimesyncStatus;
use serde::{Deserialize, Serialize};

use crate::check::Subject;
use crate::fact::Fact;
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
    /// OpenNTPD.
    pub openntpd: Fact<OpenntpdStatus>,
    /// PTP hardware clocks, `/sys/class/ptp`.
    pub phcs: Fact<Vec<Phc>>,
    /// Whether the module `ptp_kvm` is there: loaded, built in or loadable.
    pub ptp_kvm_module: Fact<bool>,
    /// `/dev/vmclock0`.
    pub vmclock: Fact<bool>,
    /// `/proc/stat`, since boot.
    pub cpu_time: Fact<CpuTime>,
    /// `/proc/pressure/cpu`, `some avg60`, percent.
    pub cpu_pressure: Fact<f64>,
    /// qemu-guest-agent.
    pub agent: Fact<Agent>,
    /// systemd units that order guests and time.
    pub units: Units,
    /// libvirt on this machine.
    pub libvirt: LibvirtHost,
    /// Logs.
    pub logs: Logs,
}

/// Who runs the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hypervisor {
    /// Nobody: bare metal.
    None,
    /// KVM, by its CPUID signature or the firmware's vendor.
    Kvm,
    /// QEMU without KVM: TCG.
    Tcg,
    /// Another one, by its signature.
    Other(String),
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

/// KVM on a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kvm {
    /// `/dev/kvm`.
    pub device: Fact<KvmDevice>,
    /// `/sys/module/{kvm,kvm_intel,kvm_amd}/parameters`, as `kvm.tsc_tolerance_ppm`.
    pub parameters: Fact<BTreeMap<String, String>>,
}

/// What `/dev/kvm` answers (Linux `Documentation/virt/kvm/api.rst`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvmDevice {
    /// `KVM_CAP_ADJUST_CLOCK`: the flags that `KVM_GET_CLOCK` may return; 2 TSC stable, 4 realtime, 8 host TSC.
    pub adjust_clock: u32,
    /// `KVM_CAP_TSC_CONTROL`: the hardware can scale a guest's TSC.
    pub tsc_control: bool,
    /// `KVM_CAP_VM_TSC_CONTROL`: the frequency can be set for a whole VM.
    pub vm_tsc_control: bool,
    /// `KVM_CAP_REINJECT_CONTROL`: lost PIT ticks can be dropped or replayed at will.
    pub reinject_control: bool,
    /// `KVM_CAP_TSC_DEADLINE_TIMER`.
    pub tsc_deadline_timer: bool,
    /// `KVM_CAP_STEAL_TIME`, on x86: the host accounts run delay.
    pub steal_time: bool,
    /// `KVM_GET_TSC_KHZ` of a scratch VM; `None` when it has no answer.
    pub tsc_khz: Option<u32>,
    /// Flags of `KVM_GET_CLOCK` on a scratch VM that never ran, where bit 2 (TSC stable) may still be missing.
    pub clock_flags: Option<u32>,
}

/// Idling, frequency and sleep.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// `/sys/devices/system/cpu/cpu0/cpuidle/state*`.
    pub idle_states: Fact<Vec<IdleState>>,
    /// `cpufreq/scaling_governor` of every CPU, without repetition.
    pub governors: Fact<Vec<String>>,
    /// The tuned profile in force, `/etc/tuned/active_profile`.
    pub tuned_profile: Fact<String>,
    /// Sleep states of `/sys/power/state`.
    pub sleep_states: Fact<Vec<String>>,
    /// Whether `sleep.target` and its kin are masked, so that nothing can suspend the machine.
    pub sleep_masked: Fact<bool>,
    /// SMBIOS chassis type, `/sys/class/dmi/id/chassis_type`; 8, 9, 10 and 14 are portables.
    pub chassis_type: Fact<u32>,
}

/// One cpuidle state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleState {
    /// `name`, such as `C6`.
    pub name: String,
    /// `latency`, microseconds to leave it.
    pub latency_us: u64,
    /// `disable`.
    pub disabled: bool,
}

impl IdleState {
    /// The number in its name: 6 of `C6` and `C6-HSW`, 1 of `C1E`; `None` of `POLL`.
    pub fn depth(&self) -> Option<u32> {
        let digits = self.name.strip_prefix('C')?;
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end)?.parse().ok()
    }
}

impl Power {
    /// Whether a tuned profile in force is of a kind; more than one may be in force.
    pub fn tuned_is(&self, kind: impl Fn(&str) -> bool) -> bool {
        self.tuned_profile.value().is_some_and(|names| names.split_whitespace().any(kind))
    }
}

/// `struct timex` (adjtimex(2)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timex {
    /// `STA_*` bits; 0x40 is `STA_UNSYNC`.
    pub status: i32,
    /// The clock state returned: 0 `TIME_OK` … 5 `TIME_ERROR`.
    pub state: i32,
    /// Offset still to be corrected, nanoseconds.
    pub offset_ns: i64,
    /// Frequency offset in units of 2^-16 ppm.
    pub freq: i64,
    /// Maximum error, microseconds; the kernel lets it grow by 500 ppm while nobody disciplines the clock.
    pub maxerror_us: i64,
    /// Estimated error, microseconds.
    pub esterror_us: i64,
    /// TAI − UTC, seconds; 0 when nobody told the kernel.
    pub tai: i32,
}

impl Timex {
    /// The kernel's own flag: somebody disciplines this clock.
    pub fn synchronised(&self) -> bool {
        // STA_UNSYNC, include/uapi/linux/timex.h
        self.status & 0x40 == 0
    }
}

/// The real-time clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rtc {
    /// `/sys/class/rtc/rtc0/name`.
    pub device: Fact<String>,
    /// `/sys/class/rtc/rtc0/since_epoch` minus the system clock, whole seconds, good to ±1 s.
    pub minus_system_seconds: Fact<i64>,
    /// `/etc/adjtime`.
    pub scale: Fact<RtcScale>,
    /// Offset of the machine's zone from UTC now, seconds.
    pub zone_offset_seconds: Fact<i64>,
}

impl Rtc {
    /// RTC minus system clock, seconds, with the RTC's own time scale taken into account.
    pub fn error_seconds(&self) -> Option<i64> {
        let difference = *self.minus_system_seconds.value()?;
        match self.scale.optional().ok()? {
            Some(RtcScale::Local) => Some(difference - self.zone_offset_seconds.value()?),
            // hwclock(8): without /etc/adjtime the RTC keeps UTC.
            Some(RtcScale::Utc) | None => Some(difference),
        }
    }
}

/// A daemon that disciplines the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeDaemon {
    /// `chronyd`, `ntpd`, `systemd-timesyncd`, `phc2sys`, `vmtoolsd`, `VBoxService` …
    pub name: String,
    /// Process id; 0 of a daemon that is only enabled, on a machine that does not run.
    pub pid: u32,
    /// Its arguments, separated by blanks; then, its unit.
    pub command: String,
}

impl TimeDaemon {
    /// Whether it moves the system clock.
    pub fn moves_the_clock(&self) -> bool {
        match self.name.as_str() {
            "chronyd" => !self.has_flag('x'),
            // It only starts the others.
            "timemaster" => false,
            // Its servos for ntpd's and chronyd's reference clocks report instead of correcting.
            "phc2sys"
                if self.command.contains("ntpshm") || self.command.contains("refclock_sock") =>
            {
                false
            }
            // phc2sys(8): -a follows ptp4l and leaves the system clock alone unless -r is given.
            "phc2sys" if self.has_flag('a') => self.has_flag('r'),
            // Else it moves the clock that -c names; CLOCK_REALTIME is the default.
            "phc2sys" => {
                !self.command.contains(" -c ") || self.command.contains(" -c CLOCK_REALTIME")
            }
            _ => true,
        }
    }

    /// Whether a one-letter option stands on the command line, alone or with others.
    fn has_flag(&self, flag: char) -> bool {
        let options = self.command.split(' ').filter_map(|word| word.strip_prefix('-'));
        options.filter(|option| !option.starts_with('-')).any(|option| option.contains(flag))
    }
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
    /// ntp.conf.
    pub conf: Fact<Directives>,
}

/// A PTP hardware clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phc {
    /// `ptp0`.
    pub device: String,
    /// `clock_name`, the only thing that tells one from another.
    pub clock_name: String,
    /// Stable links in `/dev` that lead to it, such as `/dev/ptp_kvm`.
    pub links: Vec<String>,
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

/// systemd units.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Units {
    /// Whether `libvirt-guests.service` is enabled.
    pub libvirt_guests_enabled: Fact<bool>,
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

/// libvirt on a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LibvirtHost {
    /// `virConnectGetLibVersion`, as `9.0.0`.
    pub version: Fact<String>,
    /// The QEMU that libvirt would start, as `7.2.22`.
    pub qemu_version: Fact<String>,
    /// `virsh capabilities`.
    pub capabilities: Fact<Capabilities>,
    /// libvirt-guests' settings.
    pub guests: Fact<LibvirtGuests>,
    /// Names of domains that libvirt starts by itself.
    pub autostart: Fact<Vec<String>>,
    /// virtual CPUs of all running domains together.
    pub running_vcpus: Fact<u32>,
}

/// `/etc/default/libvirt-guests` or `/etc/sysconfig/libvirt-guests`; libvirt's defaults where a line is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibvirtGuests {
    /// `suspend` or `shutdown`.
    pub on_shutdown: String,
    /// `SYNC_TIME`.
    pub sync_time: bool,
}

/// Lines that speak of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logs {
    /// The kernel's log.
    pub kernel: Fact<Vec<LogLine>>,
    /// What time daemons, libvirt and QEMU wrote to syslog and to their own logs.
    pub system: Fact<Vec<LogLine>>,
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
        }
    }

    /// Whether the machine has x86's clocks; it has unless its architecture or its CPU says otherwise.
    pub fn is_x86(&self) -> bool {
        match self.arch.value() {
            Some(arch) => matches!(arch.as_str(), "x86_64" | "i686" | "i386"),
            None => self.cpu.value().is_none_or(|cpu| cpu.has("tsc")),
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
