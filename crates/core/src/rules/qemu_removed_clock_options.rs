//! See [`RULE`].

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk, Severity};

crate::rule! {
    /// ## What it checks
    /// The command line uses an option for clocks or timers that QEMU has removed.
    ///
    /// ## Why it matters
    /// QEMU ends with `invalid option`: the VM does not start. A process that runs with such an option is of an old
    /// QEMU and will not start again after the next upgrade.
    ///
    /// ## What to do
    /// Write the option in today's form, as the finding says it.
    ///
    /// ## Exceptions
    /// Processes that libvirt started: it writes the options that its QEMU knows.
    ///
    /// ## References
    /// - QEMU `docs/about/removed-features.rst`
    /// - <https://www.qemu.org/docs/master/about/removed-features.html>
    "qemu-removed-clock-options" on Arguments {
        summary: "the command line uses a clock option that QEMU no longer has",
        severity: Error,
        since: "0.1.0",
    }
}

/// What is gone, since when, and what to write instead (QEMU docs/about/removed-features.rst).
const REMOVED: [(&str, [u32; 2], &str); 9] = [
    // Absent from 5.2; the list does not name it.
    ("clock", [5, 2], "leave `-clock` out: it chose a timer of the host's"),
    ("tdf", [2, 12], "leave `-tdf` out: the in-kernel PIT catches up unless it is told to discard"),
    ("no-kvm-pit", [2, 12], "leave `-no-kvm-pit` out"),
    ("no-kvm-pit-reinjection", [3, 0], "leave `-no-kvm-pit-reinjection` out; to drop lost ticks as it did, `-global kvm-pit.lost_tick_policy=discard`"),
    ("no-kvm-irqchip", [3, 0], "write `-machine kernel_irqchip=off`"),
    ("localtime", [3, 1], "write `-rtc base=localtime`"),
    ("startdate", [3, 1], "write `-rtc base=DATE`"),
    ("rtc-td-hack", [3, 1], "write `-rtc driftfix=slew`"),
    ("no-hpet", [9, 0], "write `-machine hpet=off`"),
];

/// Every QEMU that anybody maintains is newer: Debian 11 has 5.2.
const OLDEST: [u32; 2] = [5, 2];

fn check(qemu: &Qemu) -> Vec<Finding> {
    if qemu.is_of_libvirt() {
        return vec![];
    }
    let mut found = vec![];
    for (name, gone, instead) in REMOVED {
        let Some(option) = qemu.line.last(name) else { continue };
        let refused = !qemu.is_running() && gone <= OLDEST;
        let [major, minor] = gone;
        let finding = RULE
            .found(format!("`-{name}` keeps QEMU {major}.{minor} and later from starting"))
            .severity(if refused { Severity::Error } else { Severity::Warning })
            .cure(instead, Effect::GuestRestart, Risk::Careful);
        found.push(qemu.blame(finding, option));
    }
    found
}
