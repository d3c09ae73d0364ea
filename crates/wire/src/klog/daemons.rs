//! The wordings of chronyd, ntpd, QEMU and libvirt.

use super::Event;

/// What a message says.
pub(super) fn said(message: &str) -> Option<Event> {
    chronyd(message).or_else(|| ntpd(message)).or_else(|| machine(message))
}

/// Source: chrony `reference.c`, `local.c`, `sched.c`, `sources.c`.
fn chronyd(message: &str) -> Option<Event> {
    if let Some(offset) = message.strip_prefix("System clock wrong by ") {
        return Some(Event::ChronyClockWrong { offset_ns: nanoseconds(offset)? });
    }
    if let Some(offset) = message.strip_prefix("System clock was stepped by ") {
        return Some(Event::ChronyStepped { offset_ns: nanoseconds(offset)? });
    }
    let jump = |way| message.starts_with(way) && message.contains(" time jump detected!");
    if jump("Forward") || jump("Backward") {
        return Some(Event::ChronyTimeJump);
    }
    if message.starts_with("Can't synchronise: ") {
        return Some(Event::ChronyNoSources);
    }
    let beyond = message.starts_with("Adjustment of ")
        && message.contains(" exceeds the allowed maximum of ")
        && message.ends_with("(exiting)");
    beyond.then_some(Event::ChronyGaveUp)
}

/// `+5212 s; set clock manually within 1000 s.`, before 4.2.6 `time correction of 5212 seconds exceeds sanity limit (1000);
/// set clock manually to the correct UTC time.` Source: ntp and ntpsec `ntpd/ntp_loopfilter.c:local_clock`.
fn ntpd(message: &str) -> Option<Event> {
    message.contains("; set clock manually ").then_some(Event::NtpdGaveUp)
}

fn machine(message: &str) -> Option<Event> {
    let has = |part| message.contains(part);
    // libvirt src/qemu/qemu_process.c:qemuProcessStartValidateTSC
    if has("Requested TSC frequency ") && has("TSC scaling is not supported by the host CPU") {
        return Some(Event::TscFrequencyRefused);
    }
    // libvirt src/qemu/qemu_process.c:qemuProcessStop
    match message {
        "shutting down, reason=saved" => return Some(Event::GuestSaved),
        "shutting down, reason=migrated" => return Some(Event::GuestMigrated),
        _ => {}
    }
    // QEMU target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz
    if has("TSC frequency mismatch between VM ") {
        return Some(Event::TscFrequencyMismatch);
    }
    // As above, with a word of virDomainShutoffReason.
    if message == "shutting down, reason=from snapshot" {
        return Some(Event::GuestReverted);
    }
    // QEMU target/i386/kvm/kvm.c:kvm_arch_init_vcpu
    has("non-migratable CPU device (invtsc flag)").then_some(Event::InvtscBlocksMigration)
}

/// `-1.707730 seconds …`, exactly: a double has too few digits for a clock that is years off.
fn nanoseconds(text: &str) -> Option<i64> {
    let number = text.split(' ').next()?;
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: i64 = format!("{fraction:0<9.9}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    Some(whole.saturating_mul(1_000_000_000).saturating_add(fraction).saturating_mul(sign))
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn seconds_become_nanoseconds_without_rounding() {
        assert_eq!(nanoseconds("-3002385021.274820 seconds"), Some(-3_002_385_021_274_820_000));
        assert_eq!(nanoseconds("0.5"), Some(500_000_000));
        assert_eq!(nanoseconds("9999999999999999 s"), Some(i64::MAX));
        assert_eq!(nanoseconds("-.5"), None);
        assert_eq!(nanoseconds("many"), None);
    }
}
