//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Driver, Facts, Machine, Phc};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A guest of KVM with chrony could read its host's clock through `ptp_kvm`, and does not.
    ///
    /// ## Why it matters
    /// NTP over a virtual network is good to tens of microseconds. `ptp_kvm` gives host time and guest time of the same
    /// instant, without a network: an offset to the host below a microsecond.
    ///
    /// ## What to do
    /// If the host is kept right, write `refclock PHC /dev/ptp_kvm poll 2` to chrony.conf and restart chronyd. Keep NTP
    /// servers beside it to notice a host that goes wrong. Where the driver is a module and not loaded, load it first, now
    /// and at each boot: `modprobe ptp_kvm`, `echo ptp_kvm > /etc/modules-load.d/ptp_kvm.conf`. Where it is built into the
    /// kernel there is nothing to load.
    ///
    /// ## Exceptions
    /// A host that is known not to be synchronised, or not to read its TSC: nothing is reported. Nor is it where the kernel
    /// has no such driver, or has it built in and shows no clock, as on a host that does not offer one; and without chrony,
    /// as systemd-timesyncd and ntpd read no PTP clock.
    ///
    /// ## References
    /// - Linux `drivers/ptp/ptp_kvm_common.c`, `arch/x86/kvm/x86.c:kvm_pv_clock_pairing`
    /// - <https://docs.kernel.org/virt/kvm/x86/hypercalls.html>: KVM_HC_CLOCK_PAIRING
    /// - RHEL 7 Virtualization Deployment and Administration Guide, 8.1 Host-wide Time Synchronization
    "guest-ptp-kvm-unused" on Guest {
        summary: "chrony does not use the host's clock that KVM offers",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, facts: &Facts) -> Verdict {
    if guest.chronyd_conf()?.is_none() {
        return Ok(vec![]);
    }
    // Only KVM has that clock.
    let there = guest.phcs.value().is_some_and(|phcs| phcs.iter().any(Phc::is_kvm));
    if !guest.phc_refclocks()?.is_empty() || !there && !guest.runs_on_kvm()? {
        return Ok(vec![]);
    }
    if facts.host_of(guest).is_some_and(unfit) {
        return Ok(vec![]);
    }
    let load = match there {
        true => "",
        false if may_load(guest)? => "load `ptp_kvm` and ",
        false => return Ok(vec![]),
    };
    guest.runs("chronyd")?;
    let cure = format!("{load}add `refclock PHC /dev/ptp_kvm poll 2`, if the host is kept right");
    Ok(vec![
        RULE.found("chrony does not read the host's clock that KVM offers")
            .saw("refclock PHC", "absent", guest.chrony.conf.from())
            .saw_fact("PTP clocks", &guest.phcs, |phcs| match phcs.as_slice() {
                [] => "none".to_owned(),
                phcs => phcs.iter().map(Phc::to_string).collect::<Vec<_>>().join(", "),
            })
            .saw_fact("ptp_kvm", &guest.ptp_kvm, Driver::to_string)
            .cure(cure, Effect::Live, Risk::Careful),
    ])
}

/// Whether there is a module to load that would bring the clock; on x86 it needs kvm-clock.
fn may_load(guest: &Machine) -> Result<bool, Unknown> {
    match guest.ptp_kvm.optional()? {
        Some(Driver::Loadable) => Ok(!guest.is_x86()? || guest.has_kvm_clock()?),
        // The clock is there if it can be.
        Some(Driver::Loaded | Driver::BuiltIn) => guest.phcs.optional().map(|_| false),
        Some(Driver::Lacking) | None => Ok(false),
    }
}

fn unfit(host: &Machine) -> bool {
    let opinions = host.opinions();
    let lost = !opinions.is_empty() && !opinions.iter().any(|opinion| opinion.synchronised);
    let slow = host.is_x86() == Ok(true)
        && host.clocksource.current.value().is_some_and(|name| name != "tsc");
    lost || slow
}
