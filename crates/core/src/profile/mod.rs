//! Guest operating systems, as far as timekeeping tells them apart.

mod hints;
mod libosinfo;
mod os_release;

pub use hints::{named, of_domain, of_qemu};
pub(crate) use libosinfo::numbers;
pub use libosinfo::{of_id, windows_release};
pub use os_release::{of_os_release, of_redhat_release};

use serde::{Deserialize, Serialize};

/// An operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// Short and readable: `rhel7.9`, `win10`, `netbsd9.0`; without a version where it is not known.
    pub id: String,
    /// The family that decides most rules.
    pub family: Family,
    /// The distribution or edition: `rhel`, `debian`, `win`, `winserver`, `netbsd`.
    pub name: String,
    /// The version's numbers: 7.9 is `[7, 9]`; empty when it is not known.
    pub version: Vec<u32>,
}

/// Families of operating systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Linux.
    Linux,
    /// Windows NT and later.
    Windows,
    /// DOS and Windows up to Me.
    Dos,
    /// FreeBSD and what is built on it.
    Freebsd,
    /// NetBSD.
    Netbsd,
    /// OpenBSD.
    Openbsd,
    /// Solaris and illumos.
    Solaris,
    /// macOS.
    Macos,
    /// Anything else.
    Other,
}

impl Os {
    /// Whether it is Windows NT or later.
    pub fn is_windows(&self) -> bool {
        self.family == Family::Windows
    }

    /// Whether it is Linux.
    pub fn is_linux(&self) -> bool {
        self.family == Family::Linux
    }

    /// Whether its version is known and below this one.
    pub fn before(&self, version: &[u32]) -> bool {
        !self.version.is_empty() && self.version.as_slice() < version
    }

    /// Red Hat Enterprise Linux and its rebuilds.
    pub fn is_rhel(&self) -> bool {
        matches!(
            self.name.as_str(),
            "rhel" | "centos" | "ol" | "scientific" | "rocky" | "almalinux"
        )
    }

    /// Whether the RTC is expected to show local time (`os-profiles.md` A, F).
    pub fn keeps_rtc_in_local_time(&self) -> bool {
        matches!(self.family, Family::Windows | Family::Dos | Family::Solaris)
    }

    /// Whether the RTC is expected to show UTC.
    pub fn takes_rtc_for_utc(&self) -> bool {
        !self.keeps_rtc_in_local_time() && self.family != Family::Other
    }

    /// Whether it counts timer ticks to know the time. RHEL 5 counts only without kvm-clock, which came with 5.5;
    /// elsewhere in Linux it came with 2.6.26. NetBSD reads a timecounter, but is reported to fall behind with the PIT's
    /// lost ticks.
    pub fn counts_ticks(&self) -> bool {
        match self.family {
            Family::Linux if self.is_rhel() => self.before(&[5, 5]),
            Family::Linux => match &*self.name {
                "sles" => self.before(&[11]),
                "opensuse" => self.before(&[11, 1]),
                "debian" => self.before(&[5]),
                "ubuntu" => self.before(&[8, 10]),
                "fedora" => self.before(&[10]),
                "rhl" => true,
                _ => false,
            },
            Family::Netbsd => self.before(&[11]) || self.version.is_empty(),
            Family::Dos => true,
            Family::Windows => self.name == "winnt4",
            _ => false,
        }
    }

    /// Whether it has no driver for KVM's clock: it reads an emulated counter, or a TSC that it trusts. The i8254, which
    /// needs its ticks, comes last among the counters (FreeBSD `sys/x86/isa/clock.c`, OpenBSD `sys/arch/amd64/isa/clock.c`).
    pub fn lacks_kvm_clock(&self) -> bool {
        match self.family {
            Family::Netbsd => self.before(&[11]) || self.version.is_empty(),
            Family::Freebsd if self.name == "freebsd" => self.before(&[13, 1]),
            Family::Openbsd => self.before(&[6, 5]),
            Family::Freebsd | Family::Solaris => true,
            _ => self.counts_ticks(),
        }
    }

    /// The hypervisor's clock that it reads, by its own name for it.
    pub fn paravirtual_clock(&self) -> Option<&'static str> {
        match self.family {
            _ if self.lacks_kvm_clock() => None,
            Family::Linux => Some("kvm-clock"),
            Family::Freebsd => Some("kvmclock"),
            Family::Netbsd | Family::Openbsd => Some("pvclock"),
            Family::Windows if self.uses_hyperv_clock() => Some("Hyper-V's reference counter"),
            _ => None,
        }
    }

    /// Whether it reads KVM's clock: kvm-clock on Linux, kvmclock or pvclock on the BSDs.
    pub fn reads_kvm_clock(&self) -> bool {
        !self.is_windows() && self.paravirtual_clock().is_some()
    }

    /// The `<clock>` that suits it. One without a paravirtual clock keeps the HPET, the best counter that it has; Windows
    /// has never used it for that.
    pub fn clock(&self) -> String {
        let offset = if self.keeps_rtc_in_local_time() { "localtime" } else { "utc" };
        let pit = if self.lacks_kvm_clock() { "catchup" } else { "delay" };
        let mut clock = format!(
            "<clock offset='{offset}'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='{pit}'/>"
        );
        if self.paravirtual_clock().is_some() || self.is_windows() && !self.lacks_kvm_clock() {
            clock += "<timer name='hpet' present='no'/>";
        }
        if self.uses_hyperv_clock() {
            clock += "<timer name='hypervclock' present='yes'/>";
        }
        clock + "</clock>"
    }

    /// Windows Vista, Server 2008 or later: the first that use Hyper-V's reference counter.
    pub fn uses_hyperv_clock(&self) -> bool {
        self.is_windows()
            && !matches!(self.name.as_str(), "winnt4" | "win2k" | "winxp" | "win2k3" | "win2k3r2")
    }

    /// Windows 8, Server 2012 or later: the first that use synthetic timers.
    pub fn uses_synthetic_timers(&self) -> bool {
        self.uses_hyperv_clock()
            && !matches!(self.name.as_str(), "winvista" | "win2k8" | "win7" | "win2k8r2")
    }
}
