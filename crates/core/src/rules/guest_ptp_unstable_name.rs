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
    /// Name the clock by a link. systemd's udev rules make `/dev/ptp_kvm` for KVM's clock and `/dev/ptp_hyperv` for that of
    /// Hyper-V. Where such a link is lacking, `udevadm trigger --action=add --subsystem-match=ptp` makes it anew: before
    /// systemd 257 a `udevadm trigger` without that action removes it.
    ///
    /// A network card's clock gets a link by a rule of your own, such as
    /// `SUBSYSTEM=="ptp", KERNELS=="0000:00:04.0", SYMLINK+="ptp_card"` in `/etc/udev/rules.d/60-ptp.rules`, with the PCI
    /// address that `readlink -f /sys/class/ptp/ptp1/device` ends in; then `udevadm control --reload` and the trigger above. A
    /// domain's XML fixes that address. `clock_name` tells drivers from each other, not cards: igb's is the card's MAC address,
    /// and that of every e1000e may be `000000000000`. chrony 4.7 and later also take the name of the card's network interface, as in `refclock PHC enp0s4`.
    ///
    /// ## Exceptions
    /// A single clock that has its link keeps its number, and nothing is reported. A single one without a link is
    /// information.
    ///
    /// ## References
    /// - <https://chrony-project.org/faq.html>: PHC reference clocks and their names
    /// - systemd `rules.d/50-udev-default.rules.in`: `ptp_kvm` (since 233), `ptp_hyperv` (since 248); udev(7), `KERNELS`
    /// - Linux `drivers/net/ethernet/intel/e1000e/ptp.c`, `igb/igb_ptp.c`: `clock_name`
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
        // A number that no clock has any more may have been KVM's.
        let meant = phc.or_else(|| phcs.iter().find(|phc| phc.is_kvm()));
        let clocks: Vec<String> = phcs.iter().map(Phc::to_string).collect();
        found.push(
            RULE.found(match phc {
                Some(_) => format!("chrony reads `{path}`, a number that may stand for another clock"),
                None => format!("chrony is to read `{path}`, a number that no clock has now"),
            })
                .severity(if several { Severity::Warning } else { Severity::Info })
                .blame(refclock)
                .saw("PTP clocks", clocks.join(", "), guest.phcs.from())
                .cure(stable(path, meant, phcs), Effect::Live, Risk::Careful),
        );
    }
    Ok(found)
}

/// How to name this clock in place of its number.
fn stable(path: &str, phc: Option<&Phc>, phcs: &[Phc]) -> String {
    let Some(phc) = phc else {
        return format!("name the clock that is meant by a link in place of {path}, where there is none now");
    };
    let instead = |link: &str| format!("name {link} in place of {path} and restart chronyd");
    if let [link, ..] = &phc.links[..] {
        return instead(link);
    }
    if let Some(link) = phc.udev_link() {
        let trigger = "udevadm trigger --action=add --subsystem-match=ptp";
        return format!("make udev's link {link} (`{trigger}`), {}", instead("it"));
    }
    let alone = |same: &dyn Fn(&Phc) -> bool| phcs.iter().filter(|other| same(other)).count() == 1;
    let by = match &phc.parent {
        Some(parent) if alone(&|other| other.parent == phc.parent) => format!("KERNELS==\"{parent}\""),
        _ if alone(&|other| other.clock_name == phc.clock_name) => {
            format!("ATTR{{clock_name}}==\"{}\"", phc.clock_name)
        }
        _ => return format!("find what tells this clock from the others (`udevadm info -a {path}`), and make a link by it"),
    };
    // chrony splits what follows PHC at its colons.
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let link: String = phc.parent.as_ref().unwrap_or(&phc.clock_name).chars().map(letter).collect();
    format!(
        "give it a link by a udev rule, `SUBSYSTEM==\"ptp\", {by}, SYMLINK+=\"ptp_{link}\"`, and {}",
        instead(&format!("/dev/ptp_{link}"))
    )
}

fn is_number(path: &str) -> bool {
    let number = path.strip_prefix("/dev/ptp").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
