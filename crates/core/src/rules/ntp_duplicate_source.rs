//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Facts, Machine, TimeSource};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A time daemon counts one clock twice: Amazon's link-local server by its IPv4 and its IPv6 address, the host's
    /// clock by two PTP devices (`ptp_kvm`, vmclock), or by a PTP device and by NTP from the address that libvirt's
    /// default network or QEMU's user network gives to the host.
    ///
    /// ## Why it matters
    /// The daemon finds wrong clocks by majority. A clock with two votes outvotes a third source, and is never found
    /// wrong.
    ///
    /// ## What to do
    /// Keep one of the two, and name servers elsewhere beside it.
    ///
    /// ## Exceptions
    /// One of the two marked `noselect`. Where nothing else is named there is nobody to outvote, and both fail together.
    ///
    /// ## References
    /// - <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html>
    /// - <https://chrony-project.org/faq.html>: how many servers should be used
    /// - RFC 5905, 11.2.1, the intersection algorithm
    "ntp-duplicate-source" on Machine {
        summary: "one clock votes twice",
        severity: Info,
        since: "0.1.0",
    }
}

/// Clocks with several names.
#[derive(PartialEq)]
enum Clock {
    AmazonLinkLocal,
    Host,
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let sources = machine.time_sources()?.complete()?;
    let configured = sources.iter().filter(|source| source.is_configured());
    let mut seen: Vec<(Clock, &TimeSource<'_>)> = Vec::new();
    let mut found = Vec::new();
    // It follows one server at a time.
    for source in configured.filter(|source| source.daemon != "systemd-timesyncd") {
        let Some(clock) = clock(machine, source)? else { continue };
        let Some((_, first)) = seen.iter().find(|(known, _)| *known == clock) else {
            seen.push((clock, source));
            continue;
        };
        if first.name == source.name || first.daemon != source.daemon {
            continue;
        }
        let message =
            format!("`{}` and `{}` are one clock to `{}`", first.name, source.name, source.daemon);
        let finding = source.blame(first.blame(RULE.found(message)));
        found.push(finding.cure(
            "keep one of them, and restart the daemon",
            Effect::Live,
            Risk::Careful,
        ));
    }
    Ok(found)
}

fn clock(machine: &Machine, source: &TimeSource<'_>) -> Result<Option<Clock>, Unknown> {
    let host = |is: bool| is.then_some(Clock::Host);
    match source.name.to_ascii_lowercase().as_str() {
        "169.254.169.123" | "fd00:ec2::123" => Ok(Some(Clock::AmazonLinkLocal)),
        // libvirt src/network/default.xml.in; QEMU docs/system/devices/net.rst, user mode
        "192.168.122.1" | "10.0.2.2" => machine.cpu.get().map(|cpu| host(cpu.has("hypervisor"))),
        path if source.is_refclock() => machine.phcs.get().map(|phcs| {
            host(phcs.iter().filter(|phc| phc.is_of_host()).any(|phc| phc.is_at(path)))
        }),
        _ => Ok(None),
    }
}
