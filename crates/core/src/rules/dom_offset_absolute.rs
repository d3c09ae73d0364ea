//! See [`RULE`].

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk};

crate::rule! {
    /// ## What it checks
    /// The RTC starts at a fixed date: `<clock offset='absolute' start='…'/>`.
    ///
    /// ## Why it matters
    /// Every start of the domain begins at that date again, whatever the time is and whatever the guest wrote into its
    /// RTC. Certificates, file dates and logs are wrong until something sets the clock.
    ///
    /// ## What to do
    /// Write `<clock offset='utc'>` without `start`, shut the guest down and start it.
    ///
    /// ## Exceptions
    /// Tests that need the guest to begin at a certain date.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_command.c:qemuBuildClockArgStr`
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    "dom-offset-absolute" on Xml {
        summary: "every start begins at the same fixed date",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(domain: &Domain) -> Vec<Finding> {
    let offset = domain.xml.clock.as_ref().and_then(|clock| clock.offset.as_ref());
    let Some(offset) = offset.filter(|offset| offset.value == "absolute") else {
        return vec![];
    };
    let mut found = RULE.found("the RTC begins at the same fixed date at every start").cure(
        "write `<clock offset='utc'>` without `start`",
        Effect::GuestRestart,
        Risk::Careful,
    );
    if let Some(start) = domain.xml.clock.as_ref().and_then(|clock| clock.start.as_ref()) {
        found = domain.blame(found, "clock@start", start);
    }
    vec![domain.blame(found, "clock@offset", offset)]
}
