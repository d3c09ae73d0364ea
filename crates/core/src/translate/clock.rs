//! `<clock>`: the date that the RTC starts with.

use kvmtime_wire::domain::{Clock, Word};

use super::Version;
use super::draft::{Draft, Step};
use super::number::{signed, unsigned};
use super::rtc;

/// The largest date that libvirt can write, 9999-12-31T23:59:59.
const LAST: u64 = 253_402_300_799;

/// Beyond these adjustments no date can be written, whatever the time of the start within some centuries.
const REACH: std::ops::RangeInclusive<i64> = -63_000_000_000..=251_000_000_000;

/// What an attribute does that libvirt does not read.
pub(super) const UNKNOWN: &str = "libvirt knows no such attribute";

/// What `adjustment='reset'` does.
pub(crate) const UNADJUSTED: &str = "the date is as without it";

/// Source: libvirt `domain_conf.c:virDomainDefClockParse`, `qemu_command.c:qemuBuildClockArgStr`.
pub(super) fn read(draft: &mut Draft<'_>) {
    let base = match &draft.domain.clock {
        Some(clock) => {
            for (name, word) in &clock.unknown {
                draft.nothing(format!("clock@{name}"), word, UNKNOWN);
            }
            base(draft, clock)
        }
        None => "utc".to_owned(),
    };
    let options = rtc::read(draft);
    draft.args.push(format!("-rtc base={base}{options}"));
}

/// An attribute that holds something: libvirt takes an empty one for none.
fn given(word: Option<&Word>) -> Option<&Word> {
    word.filter(|word| !word.value.is_empty())
}

fn base(draft: &mut Draft<'_>, clock: &Clock) -> String {
    let offset = given(clock.offset.as_ref());
    match offset.map_or("utc", |offset| &*offset.value) {
        plain @ ("utc" | "localtime") => fixed(draft, clock, plain),
        "timezone" => timezone(draft, clock),
        "variable" => variable(draft, clock),
        "absolute" if draft.versions.libvirt >= Version(8, 4, 0) => absolute(draft, clock),
        unknown => {
            if let Some(offset) = offset {
                let message =
                    format!("unsupported configuration: unknown clock offset '{unknown}'");
                draft.refuse(Step::ParseClock, offset.at, message);
                draft.nothing("clock@offset", offset, "");
            }
            String::new()
        }
    }
}

fn fixed(draft: &mut Draft<'_>, clock: &Clock, offset: &str) -> String {
    unused(
        draft,
        &[("basis", &clock.basis), ("timezone", &clock.timezone), ("start", &clock.start)],
    );
    let adjustment = given(clock.adjustment.as_ref());
    let seconds = match adjustment {
        Some(word) if word.value != "reset" => match signed(&word.value) {
            Some(seconds) => Some((word, seconds)),
            None => {
                let message = format!("XML error: unknown clock adjustment '{}'", word.value);
                draft.refuse(Step::ParseClock, word.at, message);
                draft.nothing("clock@adjustment", word, "");
                None
            }
        },
        Some(reset) => {
            draft.nothing("clock@adjustment", reset, UNADJUSTED);
            None
        }
        None => None,
    };
    if let Some((word, seconds)) = seconds {
        if let Some(offset) = &clock.offset {
            draft.nothing(
                "clock@offset",
                offset,
                "with an adjustment it is the basis of offset='variable'",
            );
        }
        return moved(draft, "clock@adjustment", word, seconds, offset == "localtime");
    }
    if let Some(word) = given(clock.offset.as_ref()) {
        let device = match offset {
            "utc" => "the RTC starts with the host's UTC",
            _ => "the RTC starts with the host's local time and does not follow a change of it",
        };
        draft.emitted("clock@offset", word, format!("base={offset}"), device);
    }
    offset.to_owned()
}

fn timezone(draft: &mut Draft<'_>, clock: &Clock) -> String {
    unused(
        draft,
        &[("adjustment", &clock.adjustment), ("basis", &clock.basis), ("start", &clock.start)],
    );
    if let Some(offset) = &clock.offset {
        let device = "the RTC starts with that zone's time and does not follow a change of it";
        draft.emitted("clock@offset", offset, "base=localtime", device);
        if given(clock.timezone.as_ref()).is_none() {
            let message =
                "internal error: missing 'timezone' attribute for clock with offset='timezone'";
            draft.refuse(Step::ParseClock, offset.at, message);
        }
    }
    if let Some(zone) = given(clock.timezone.as_ref()) {
        let setting = format!("TZ={}", zone.value);
        draft.env.push(setting.clone());
        let device = "QEMU's zone; nobody checks it, and an unknown one counts as UTC";
        draft.emitted("clock@timezone", zone, setting, device);
    }
    "localtime".to_owned()
}

fn variable(draft: &mut Draft<'_>, clock: &Clock) -> String {
    unused(draft, &[("timezone", &clock.timezone), ("start", &clock.start)]);
    let basis = given(clock.basis.as_ref());
    if let Some(word) = basis.filter(|word| !matches!(&*word.value, "utc" | "localtime")) {
        let message = format!("unsupported configuration: unknown clock basis '{}'", word.value);
        draft.refuse(Step::ParseClock, word.at, message);
    }
    let local = basis.is_some_and(|basis| basis.value == "localtime");
    // What is no number, such as 'reset', counts as 0.
    let word = given(clock.adjustment.as_ref());
    let seconds = word.and_then(|word| signed(&word.value));
    let offset = clock.offset.as_ref();
    let base = match (word, offset) {
        (Some(word), Some(offset)) if seconds.is_some() => {
            draft.nothing("clock@offset", offset, "the adjustment says the date");
            moved(draft, "clock@adjustment", word, seconds.unwrap_or_default(), local)
        }
        (word, Some(offset)) => {
            if let Some(word) = word {
                draft.nothing("clock@adjustment", word, "no number, which counts as 0");
            }
            moved(draft, "clock@offset", offset, 0, local)
        }
        _ => String::new(),
    };
    if let Some(word) = basis {
        let device = "folded into the adjustment at start; the live XML says utc";
        draft.emitted("clock@basis", word, format!("base={base}"), device);
    }
    base
}

/// A date at a distance from the time of the start.
fn moved(
    draft: &mut Draft<'_>,
    path: &'static str,
    word: &Word,
    seconds: i64,
    local: bool,
) -> String {
    let ahead = if local { draft.host.utc_offset.unwrap_or_default() } else { 0 };
    let seconds = seconds.saturating_add(ahead);
    if !REACH.contains(&seconds) {
        let message = "invalid datetime format";
        draft.refuse(Step::StartQemu, word.at, message);
        draft.emitted(path, word, "base=(null)", message);
        return "(null)".to_owned();
    }
    let base = format!("@now{seconds:+}");
    let device = match (local, draft.host.utc_offset) {
        (true, None) => {
            "the RTC starts that far from the host's local time; the host's zone is not known here"
        }
        (true, Some(_)) => {
            "the RTC starts that far from UTC, the host's zone being counted in once"
        }
        _ => "the RTC starts that far from UTC; what the guest sets is kept until it is shut down",
    };
    draft.emitted(path, word, format!("base={base}"), device);
    base
}

fn absolute(draft: &mut Draft<'_>, clock: &Clock) -> String {
    let others = [("adjustment", &clock.adjustment), ("basis", &clock.basis)];
    unused(draft, &others);
    let Some(offset) = &clock.offset else { return String::new() };
    let start = given(clock.start.as_ref());
    let Some((word, seconds)) = start.and_then(|word| Some((word, unsigned(&word.value)?))) else {
        let message = "internal error: missing 'start' attribute for clock with offset='absolute'";
        draft.nothing("clock@offset", offset, "");
        draft.refuse(Step::ParseClock, offset.at, message);
        return String::new();
    };
    if seconds > LAST {
        let message = format!(
            "unsupported configuration: The maximum 'start' value for <clock offset='absolute'> is {LAST}"
        );
        draft.refuse(Step::ValidateStart, word.at, message);
    }
    let base = format!("@{seconds}");
    draft.nothing("clock@offset", offset, "the start says the date");
    let device =
        "the RTC starts with that date at every start, and what the guest sets is not kept";
    draft.emitted("clock@start", word, format!("base={base}"), device);
    base
}

/// Attributes that the offset does not own.
fn unused(draft: &mut Draft<'_>, attributes: &[(&str, &Option<Word>)]) {
    for (name, word) in attributes {
        if let Some(word) = word {
            draft.nothing(format!("clock@{name}"), word, "this offset does not use it");
        }
    }
}
