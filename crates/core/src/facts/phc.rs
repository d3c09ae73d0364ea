//! Clocks that the host shows to its guest.

use std::fmt;

use kvmtime_wire::directives::Directive;

use super::{Driver, Machine, Phc};
use crate::fact::{Unknown, Why};

impl Phc {
    /// Whether it is `ptp_kvm`'s (Linux `drivers/ptp/ptp_kvm_common.c`).
    pub fn is_kvm(&self) -> bool {
        self.clock_name == "KVM virtual PTP"
    }

    /// Whether it shows the host's clock: through `ptp_kvm`, vmclock or virtio.
    pub fn is_of_host(&self) -> bool {
        // Linux drivers/ptp/ptp_vmclock.c, drivers/virtio/virtio_rtc_ptp.c
        self.is_kvm()
            || self.clock_name.starts_with("vmclock")
            || self.clock_name.starts_with("Virtio PTP")
    }

    /// The link that systemd's udev rules make for a clock of its kind (`rules.d/50-udev-default.rules.in`).
    pub fn udev_link(&self) -> Option<&'static str> {
        match self.clock_name.as_str() {
            "KVM virtual PTP" => Some("/dev/ptp_kvm"),
            "hyperv" => Some("/dev/ptp_hyperv"),
            _ => None,
        }
    }

    /// Whether a path in `/dev` leads to it.
    pub fn is_at(&self, path: &str) -> bool {
        path.strip_prefix("/dev/").is_some_and(|name| name == self.device)
            || self.links.iter().any(|link| link == path)
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device, self.clock_name)?;
        self.parent.as_ref().map_or(Ok(()), |parent| write!(f, " on {parent}"))
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lacking => "not there",
            Self::Loadable => "a module that is not loaded",
            Self::Loaded => "a module that is loaded",
            Self::BuiltIn => "built into the kernel",
        })
    }
}

/// A reference clock of chrony that reads a PTP hardware clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhcSource<'a> {
    /// The directive.
    pub refclock: &'a Directive,
    /// How `chronyc sources` calls it.
    pub name: String,
    /// The clock's path.
    pub path: &'a str,
    /// The clock, where it is known.
    pub phc: Option<&'a Phc>,
}

impl PhcSource<'_> {
    /// Whether it reads `ptp_kvm`.
    pub fn is_kvm(&self) -> bool {
        self.phc.map_or(self.path == "/dev/ptp_kvm", Phc::is_kvm)
    }

    /// Whether it shows the host's clock, or is not known not to.
    pub fn may_be_of_host(&self) -> bool {
        // chrony 4.7 and later take a network interface's name, too: that is a card's clock.
        self.phc.map_or(self.path.starts_with('/'), Phc::is_of_host)
    }

    /// Whether it reads vmclock.
    pub fn is_vmclock(&self) -> bool {
        self.phc.is_some_and(|phc| phc.clock_name.starts_with("vmclock"))
    }

    /// Whether vmclock is known to count in another time scale than chrony takes it for.
    pub fn is_in_wrong_scale(&self, machine: &Machine) -> bool {
        let tai = self.refclock.has("tai");
        self.is_vmclock() && machine.vmclock_counts_tai().is_ok_and(|counts| counts != tai)
    }

    /// A flag behind the path, as in `PHC /dev/ptp0:nocrossts`.
    pub fn has_flag(&self, flag: &str) -> bool {
        let parameter = self.refclock.args.get(1);
        parameter.is_some_and(|parameter| parameter.split(':').skip(1).any(|given| given == flag))
    }
}

impl Machine {
    /// chrony's reference clocks that read a PTP hardware clock, each with the clock's path; none without chronyd.
    ///
    /// # Errors
    /// Why chrony's configuration is not known.
    pub fn phc_refclocks(&self) -> Result<Vec<(&Directive, &str)>, Unknown> {
        let conf = self.chronyd_conf()?;
        let refclocks = conf.into_iter().flat_map(|conf| conf.all("refclock"));
        let refclocks = refclocks.filter_map(|refclock| Some((refclock, phc_path(refclock)?)));
        let refclocks: Vec<_> = refclocks.collect();
        if !refclocks.is_empty() {
            self.runs("chronyd")?;
        }
        Ok(refclocks)
    }

    /// The same, each with the name under which `chronyc sources` shows it.
    ///
    /// # Errors
    /// As [`Self::phc_refclocks`].
    pub fn phc_sources<'a>(&'a self) -> Result<Vec<PhcSource<'a>>, Unknown> {
        let refclocks = self.phc_refclocks()?;
        let all = self.chrony.conf.value().into_iter().flat_map(|conf| conf.all("refclock"));
        let all: Vec<&Directive> = all.collect();
        let phcs = self.phcs.value().map_or(&[][..], Vec::as_slice);
        let source = |(refclock, path): (&'a Directive, &'a str)| {
            // chrony refclock.c:RCL_AddRefclock names it by driver and number among all refclocks.
            let number = all.iter().position(|other| *other == refclock).unwrap_or(0);
            let named = refclock.option("refid").map(str::to_owned);
            PhcSource {
                refclock,
                name: named.unwrap_or_else(|| format!("PHC{number}")),
                phc: phcs.iter().find(|phc| phc.is_at(path)),
                path,
            }
        };
        Ok(refclocks.into_iter().map(source).collect())
    }

    /// Whether the kernel's vmclock counts TAI: from 7.1 on, and UTC up to 6.18 (Linux
    /// `drivers/ptp/ptp_vmclock.c:tai_adjust`).
    ///
    /// # Errors
    /// When the kernel is not known, or one of those between.
    pub fn vmclock_counts_tai(&self) -> Result<bool, Unknown> {
        let release = self.kernel.get()?;
        match (self.kernel_before(&[6, 19]), self.kernel_before(&[7, 1])) {
            (true, _) => Ok(false),
            (false, false) => Ok(true),
            (false, true) => Err(Unknown {
                unknown: Why::Failed(format!(
                    "whether Linux {release} counts vmclock in UTC or TAI is not settled"
                )),
                from: self.kernel.from().to_owned(),
            }),
        }
    }
}

/// The path in `PHC /dev/ptp0:nocrossts`.
fn phc_path(refclock: &Directive) -> Option<&str> {
    match refclock.args.as_slice() {
        [driver, parameter, ..] if driver.eq_ignore_ascii_case("PHC") => {
            parameter.split(':').next()
        }
        _ => None,
    }
}
