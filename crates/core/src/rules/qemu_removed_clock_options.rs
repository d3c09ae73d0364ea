//! See [`RULE`].

use crate::facts::Qemu;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::translate::{self, Removed, Version, Versions};

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

fn check(qemu: &Qemu) -> Vec<Finding> {
    if qemu.is_of_libvirt() {
        return vec![];
    }
    let options = qemu.line.options.iter();
    let removed = options.filter_map(|option| Some((option, translate::removed(&option.name)?)));
    let findings = removed.map(|(option, Removed { name, gone, instead })| {
        // Every QEMU that anybody maintains is as new: Debian 11 has 5.2.
        let refused = !qemu.is_running() && gone <= Versions::OLDEST_QEMU;
        let Version(major, minor, _) = gone;
        let found = RULE
            .found(format!("`-{name}` keeps QEMU {major}.{minor} and later from starting"))
            .severity(if refused { Severity::Error } else { Severity::Warning })
            .cure(instead, Effect::GuestRestart, Risk::Careful);
        qemu.blame(found, option)
    });
    findings.collect()
}
