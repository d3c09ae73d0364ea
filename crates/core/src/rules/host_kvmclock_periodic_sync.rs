//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// KVM's parameter `kvmclock_periodic_sync` is on although tuned's `realtime-virtual-host` is in force, or it is
    /// off on another host whose kernel is older than 5.5.
    ///
    /// ## Why it matters
    /// Every 300 s the option kicks all vCPUs out of the guest to renew their kvm-clock. Before 5.5 that carried the
    /// host's NTP corrections to the guests. Since then kvm-clock counts raw time, which NTP does not touch, and what
    /// is left is a disturbance every five minutes, which guests with real-time work notice.
    ///
    /// ## What to do
    /// Real-time host: `options kvm kvmclock_periodic_sync=0` in `/etc/modprobe.d`, as the profile does itself. Else
    /// remove that option. KVM reads it when it is loaded.
    ///
    /// ## Exceptions
    /// Kernels that have no such parameter any more (it is gone in 7.1), and RHEL 8's, which carries later KVM code.
    ///
    /// ## References
    /// - Linux `arch/x86/kvm/x86.c:kvmclock_sync_fn`; commits 332967a3eac0, 53fafdbb8b21 and 43ddbf16edf5
    /// - tuned `profiles/realtime-virtual-host/script.sh`
    "host-kvmclock-periodic-sync" on Host {
        summary: "kvm-clock's periodic update does not suit this host",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(host: &Machine, _: &Facts) -> Verdict {
    // Where nothing tells, the parameter does: it is there on x86 only.
    if host.is_x86() == Ok(false) {
        return Ok(vec![]);
    }
    let Some(parameters) = host.kvm.parameters.optional()? else { return Ok(vec![]) };
    let Some(value) = parameters.get("kvm.kvmclock_periodic_sync") else { return Ok(vec![]) };
    let on = matches!(value.as_str(), "Y" | "1");
    let realtime = host.power.tuned_is(|name| name == "realtime-virtual-host")?;
    let (message, cure) = match (on, realtime) {
        (true, true) => (
            "kvm-clock's periodic update disturbs every vCPU of this real-time host",
            "write `options kvm kvmclock_periodic_sync=0` to `/etc/modprobe.d/kvm.conf`",
        ),
        (false, false) if carries_ntp(host)? => (
            "kvm-clock's periodic update is off, so the host's NTP corrections reach no guest",
            "remove `kvmclock_periodic_sync=0` from `/etc/modprobe.d`",
        ),
        _ => return Ok(vec![]),
    };
    Ok(vec![
        RULE.found(message)
            .saw("kvm.kvmclock_periodic_sync", value, host.kvm.parameters.from())
            .saw_fact("tuned profile", &host.power.tuned_profile, Clone::clone)
            .saw_fact("kernel", &host.kernel, Clone::clone)
            .cure(cure, Effect::HostReboot, Risk::Careful),
    ])
}

/// Whether kvm-clock follows NTP in this kernel: it did before 5.5.
fn carries_ntp(host: &Machine) -> Result<bool, Unknown> {
    let kernel = host.kernel.get()?;
    Ok(host.kernel_before(&[5, 5]) && !kernel.contains(".el8"))
}
