//! See [`RULE`].

use crate::facts::{Facts, Machine, Phc};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chrony's `refclock PHC` names a clock by its number (`/dev/ptp0`) where there are several, or where no link
    /// tells which one it is.
    ///
    /// ## Why it matters
    /// Clocks are numbered as their drivers load. After a boot, or with another network card, `/dev/ptp0` can be the
    /// card's clock, which may count TAI and be off by 37 s, or by years.
    ///
    /// ## What to do
    /// Write `/dev/ptp_kvm`, which systemd's udev rules link to KVM's clock. Where the link is missing add
    /// `SUBSYSTEM=="ptp", ATTR{clock_name}=="KVM virtual PTP", SYMLINK+="ptp_kvm"` to `/etc/udev/rules.d`.
    ///
    /// ## Exceptions
    /// A single clock that has its link keeps its number, and nothing is reported. A single one without a link is
    /// information.
    ///
    /// ## References
    /// - <https://chrony-project.org/faq.html>: PHC reference clocks and their names
    /// - systemd `rules.d/50-udev-default.rules.in`: `ptp_kvm`
    /// - <https://learn.microsoft.com/en-us/azure/virtual-machines/linux/time-sync>
    "guest-ptp-unstable-name" on Guest {
        summary: "chrony names a PTP clock by a number that may change",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    let refclocks = guest.phc_refclocks()?;
    let mut found = vec![];
    for (refclock, path) in refclocks.into_iter().filter(|(_, path)| is_number(path)) {
        let Some(phcs) = guest.phcs.optional()? else { continue };
        let phc = phcs.iter().find(|phc| phc.is_at(path));
        let several = phcs.len() > 1;
        if !several && phc.is_some_and(|phc| !phc.links.is_empty()) {
            continue;
        }
        let link = match phc {
            Some(Phc { links, .. }) if let [link, ..] = links.as_slice() => link,
            Some(phc) if !phc.is_kvm() => "a link that a udev rule makes from `clock_name`",
            _ => "/dev/ptp_kvm",
        };
        let clocks: Vec<String> =
            phcs.iter().map(|phc| format!("{}: {}", phc.device, phc.clock_name)).collect();
        found.push(
            RULE.found(format!("chrony reads `{path}`, a number that may stand for another clock"))
                .severity(if several { Severity::Warning } else { Severity::Info })
                .blame(refclock)
                .saw("PTP clocks", clocks.join(", "), guest.phcs.from())
                .cure(
                    format!("name {link} in place of {path} and restart chronyd"),
                    Effect::Live,
                    Risk::Careful,
                ),
        );
    }
    Ok(found)
}

fn is_number(path: &str) -> bool {
    let number = path.strip_prefix("/dev/ptp").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
