//! What holds for every `<timer>`: values that libvirt knows, attributes that a timer owns, and the timers' order.

use kvmtime_wire::domain::{Timer, Word};

use super::cpu::wrong;
use super::draft::{Draft, Step};
use super::{Text, Version, armvtimer, clock, hpet, hyperv, kvmclock, pit, tsc};

const NAMES: [&str; 8] =
    ["platform", "rtc", "hpet", "tsc", "kvmclock", "hypervclock", "pit", "armvtimer"];
const POLICIES: [&str; 4] = ["delay", "catchup", "merge", "discard"];
/// The last is new in 7.2.
const TRACKS: [&str; 4] = ["boot", "guest", "wall", "realtime"];
const MODES: [&str; 5] = ["auto", "native", "emulate", "paravirt", "smpsafe"];

/// Source: libvirt `qemu_command.c:qemuBuildClockCommandLine`, `qemuBuildCpuCommandLine`, `qemuBuildMachineCommandLine`.
pub(super) fn read(draft: &mut Draft<'_>) {
    let Some(clock) = &draft.domain.clock else { return };
    if let Some(at) = clock.nameless {
        let message = match draft.versions.uniform_messages() {
            true => "XML error: Missing required attribute 'name' in element 'timer'",
            false => "internal error: missing timer name",
        };
        draft.refuse(Step::ParseClock, at, message);
    }
    for timer in &clock.timers {
        values(draft, timer);
        owned(draft, timer);
        family(draft, timer);
        catchup(draft, timer);
        for (name, word) in &timer.unknown {
            draft.nothing(path(&timer.name.value, name), word, clock::UNKNOWN);
        }
    }
}

/// The path of a timer's attribute; those that most domains have cost nothing.
pub(super) fn path(name: &str, attribute: &str) -> Text {
    match (name, attribute) {
        ("rtc", "tickpolicy") => "clock/timer[rtc]@tickpolicy".into(),
        ("pit", "tickpolicy") => "clock/timer[pit]@tickpolicy".into(),
        ("hpet", "present") => "clock/timer[hpet]@present".into(),
        ("hypervclock", "present") => "clock/timer[hypervclock]@present".into(),
        ("tsc", "frequency") => "clock/timer[tsc]@frequency".into(),
        _ => ["clock/timer[", name, "]@", attribute].concat().into(),
    }
}

/// The timer by its name alone, for a timer that says something by being there.
pub(super) fn element(name: &str) -> String {
    ["clock/timer[", name, "]"].concat()
}

fn family(draft: &mut Draft<'_>, timer: &Timer) {
    match &*timer.name.value {
        "pit" => pit::read(draft, timer),
        "hpet" => hpet::read(draft, timer),
        "tsc" => tsc::read(draft, timer),
        "kvmclock" => kvmclock::read(draft, timer),
        "hypervclock" => hyperv::clock(draft, timer),
        "armvtimer" => armvtimer::read(draft, timer),
        "platform" => {
            let message = "unsupported configuration: unsupported timer type (name) 'platform'";
            draft.refuse(Step::ValidateTimers, timer.name.at, message);
            draft.nothing(element("platform"), &timer.name, "");
        }
        name if !NAMES.contains(&name) => draft.nothing(element(name), &timer.name, ""),
        _ => {}
    }
    let known = NAMES.contains(&&*timer.name.value);
    if known && !matches!(&*timer.name.value, "rtc" | "pit") && is_bare(timer) {
        draft.nothing(element(&timer.name.value), &timer.name, "the default stays");
    }
}

fn is_bare(timer: &Timer) -> bool {
    let words = [&timer.present, &timer.tickpolicy, &timer.track, &timer.mode, &timer.frequency];
    timer.name.value != "platform" && words.iter().all(|word| word.is_none())
}

/// Source: libvirt `domain_conf.c:virDomainTimerDefParseXML`, in its order.
fn values(draft: &mut Draft<'_>, timer: &Timer) {
    let realtime = draft.versions.libvirt >= Version(7, 2, 0);
    let tracks = if realtime { &TRACKS[..] } else { &TRACKS[..3] };
    one_of(draft, "name", Some(&timer.name), &NAMES);
    one_of(draft, "present", timer.present.as_ref(), &["yes", "no"]);
    one_of(draft, "tickpolicy", timer.tickpolicy.as_ref(), &POLICIES);
    one_of(draft, "track", timer.track.as_ref(), tracks);
    number(draft, "frequency", "timer", timer.frequency.as_ref());
    one_of(draft, "mode", timer.mode.as_ref(), &MODES);
    for name in ["threshold", "slew", "limit"] {
        let given = timer.catchup.iter().flat_map(|catchup| &catchup.attributes);
        let word = given.into_iter().find(|(key, _)| key == name).map(|(_, word)| word);
        number(draft, name, "catchup", word);
    }
}

fn one_of(draft: &mut Draft<'_>, attribute: &str, word: Option<&Word>, known: &[&str]) {
    let Some(word) = word.filter(|word| !known.contains(&&*word.value)) else { return };
    let value = &word.value;
    let message = match (draft.versions.uniform_messages(), attribute) {
        (true, _) => wrong(attribute, "timer", value),
        (false, "present") => format!("internal error: unknown timer present value '{value}'"),
        (false, _) => format!("unsupported configuration: unknown timer {attribute} '{value}'"),
    };
    draft.refuse(Step::ParseClock, word.at, message);
}

fn number(draft: &mut Draft<'_>, attribute: &str, element: &str, word: Option<&Word>) {
    let Some(word) = word.filter(|word| draft.number(&word.value).is_none()) else { return };
    let message = match draft.versions.uniform_messages() {
        true => {
            let wrong = wrong(attribute, element, &word.value);
            format!("{wrong} Expected non-negative integer value")
        }
        false if word.value.is_empty() => return,
        false => format!("internal error: invalid {element} {attribute}"),
    };
    draft.refuse(Step::ParseClock, word.at, message);
}

/// Attributes that a timer does not own. Source: libvirt `domain_postparse.c:virDomainDefPostParseTimer`.
fn owned(draft: &mut Draft<'_>, timer: &Timer) {
    let name = &*timer.name.value;
    let paravirtual = matches!(name, "kvmclock" | "hypervclock");
    if paravirtual && let Some(word) = &timer.tickpolicy {
        disowned(draft, name, "tickpolicy", word);
    }
    if let Some(at) = tunes_nothing(draft, timer) {
        let message = "XML error: setting of timer catchup policies is only supported with tickpolicy='catchup'";
        draft.refuse(Step::PostParse, at, message);
    }
    let frequency = timer.frequency.as_ref();
    if name != "tsc" {
        if let Some(word) = frequency {
            if draft.number(&word.value).is_some_and(|hz| hz > 0) {
                disowned(draft, name, "frequency", word);
            }
            draft.nothing(path(name, "frequency"), word, "0 says nothing");
        }
        if let Some(word) = &timer.mode {
            disowned(draft, name, "mode", word);
            draft.nothing(path(name, "mode"), word, "");
        }
    }
    if !matches!(name, "platform" | "rtc")
        && let Some(word) = &timer.track
    {
        disowned(draft, name, "track", word);
        draft.nothing(path(name, "track"), word, "");
    }
}

fn disowned(draft: &mut Draft<'_>, name: &str, attribute: &str, word: &Word) {
    let message = format!(
        "unsupported configuration: timer {name} doesn't support setting of timer {attribute}"
    );
    draft.refuse(Step::PostParse, word.at, message);
}

fn tunes_nothing(draft: &Draft<'_>, timer: &Timer) -> Option<kvmtime_wire::text::At> {
    let catchup = timer.catchup.as_ref()?;
    let policy = timer.tickpolicy.as_ref();
    if policy.is_some_and(|policy| policy.value == "catchup") {
        return None;
    }
    let known = ["threshold", "slew", "limit"];
    let tuned = catchup.attributes.iter().find(|(name, word)| {
        known.contains(&&**name) && draft.number(&word.value).is_some_and(|value| value > 0)
    });
    tuned.map(|(_, word)| word.at)
}

fn catchup(draft: &mut Draft<'_>, timer: &Timer) {
    let attributes = timer.catchup.iter().flat_map(|catchup| &catchup.attributes);
    for (name, word) in attributes {
        let path = format!("clock/timer[{}]/catchup@{name}", timer.name.value);
        draft.nothing(path, word, "kept in the XML and used by nothing");
    }
}
