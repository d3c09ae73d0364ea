//! Clocks that the host shows to its guest.

use kvmtime_wire::directives::Directive;

use super::{Machine, Phc};
use crate::fact::Unknown;

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

    /// Whether a path in `/dev` leads to it.
    pub fn is_at(&self, path: &str) -> bool {
        path.strip_prefix("/dev/").is_some_and(|name| name == self.device)
            || self.links.iter().any(|link| link == path)
    }
}

impl Machine {
    /// chrony's reference clocks that read a PTP hardware clock, each with the clock's path; none without chronyd.
    ///
    /// # Errors
    /// Why chrony's configuration is not known.
    pub fn phc_refclocks(&self) -> Result<Vec<(&Directive, &str)>, Unknown> {
        if !self.may_run("chronyd") {
            return Ok(vec![]);
        }
        let conf = self.chrony.conf.optional()?;
        let refclocks = conf.into_iter().flat_map(|conf| conf.all("refclock"));
        let refclocks = refclocks.filter_map(|refclock| Some((refclock, phc_path(refclock)?)));
        let refclocks: Vec<_> = refclocks.collect();
        if !refclocks.is_empty() {
            self.runs("chronyd")?;
        }
        Ok(refclocks)
    }

    /// Whether a daemon runs.
    ///
    /// # Errors
    /// When it is not known which daemons run.
    pub fn runs(&self, daemon: &str) -> Result<bool, Unknown> {
        Ok(self.daemons.get()?.iter().any(|d| d.name == daemon))
    }

    /// Whether a daemon may run: false where it is known not to.
    pub fn may_run(&self, daemon: &str) -> bool {
        self.runs(daemon) != Ok(false)
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
