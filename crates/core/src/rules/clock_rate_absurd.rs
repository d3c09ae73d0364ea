//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chronyd corrects the clock by more than 1000 ppm, which is 86 s a day.
    ///
    /// ## Why it matters
    /// Crystals are off by some tens of ppm, and a TSC that was measured badly by some hundreds. A larger correction
    /// follows a source that is no clock, such as the PTP clock of an emulated e1000e network card, which stands still in
    /// QEMU before 8.0 and runs two and a half times too fast since; or the clocksource counts at a wrong rate. chronyd
    /// goes up to 500000 ppm, and the machine's time is then as wrong as its source.
    ///
    /// ## What to do
    /// Compare the clock with another one (`kvmtime measure --against ntp:SERVER`). Take a source that is no clock out of
    /// chrony.conf, delete the drift file, which keeps the rate, and restart chronyd.
    ///
    /// ## Exceptions
    /// It is an error from 100000 ppm on, which no clocksource is off by.
    ///
    /// ## References
    /// - chronyc(1), `tracking`: Frequency; chrony `local.c:MAX_FREQ`
    /// - QEMU `hw/net/e1000x_common.c:e1000x_timestamp`
    "clock-rate-absurd" on Machine {
        summary: "chronyd corrects the clock by more than any clock is off",
        severity: Warning,
        since: "0.1.0",
    }
}

const WARNED_PPM: f64 = 1e3;
const WRONG_PPM: f64 = 1e5;

fn check(machine: &Machine, _: &Facts) -> Verdict {
    if !machine.may_run("chronyd") {
        return Ok(vec![]);
    }
    let tracking = machine.chrony.tracking.get()?;
    let ppm = tracking.frequency_ppm;
    if ppm.abs() < WARNED_PPM {
        return Ok(vec![]);
    }
    let severity = if ppm.abs() < WRONG_PPM { Severity::Warning } else { Severity::Error };
    let source = &tracking.reference;
    Ok(vec![
        RULE.found(format!("chronyd takes the clock to be off by {ppm:+.0} ppm: `{source}` is no clock, or the clocksource counts at a wrong rate"))
            .severity(severity)
            .saw_fact("chronyd's frequency", &machine.chrony.tracking, |t| format!("{:+.3} ppm", t.frequency_ppm))
            .cure("find which of the two is wrong; take that source out, delete chrony's drift file and restart chronyd", Effect::Live, Risk::Manual),
    ])
}
