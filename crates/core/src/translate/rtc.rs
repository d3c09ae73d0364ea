//! `<timer name='rtc'>`: what the RTC's date follows, and what becomes of its lost ticks.

use kvmtime_wire::domain::{Timer, Word};

use super::Irqchip;
use super::draft::{Draft, Step};
use super::timer::path;

/// The options behind the base of `-rtc`. Source: libvirt `qemu_command.c:qemuBuildClockArgStr`.
pub(super) fn read(draft: &mut Draft<'_>) -> String {
    let mut options = String::new();
    for (number, timer) in draft.domain.timers("rtc").enumerate() {
        refusals(draft, timer);
        if number == 0 {
            options = first(draft, timer);
        } else {
            ignored(draft, timer);
        }
    }
    options
}

fn first(draft: &mut Draft<'_>, timer: &Timer) -> String {
    let mut options = String::new();
    if let Some(word) = &timer.track {
        options.push_str(&track(draft, word));
    }
    if let Some(word) = &timer.tickpolicy {
        options.push_str(&ticks(draft, word));
    }
    if let Some(word) = &timer.present {
        let device = "a PC always has an RTC, and the other attributes count";
        draft.nothing(path("rtc", "present"), word, device);
    }
    options
}

fn ignored(draft: &mut Draft<'_>, timer: &Timer) {
    let attributes =
        [("track", &timer.track), ("tickpolicy", &timer.tickpolicy), ("present", &timer.present)];
    for (name, word) in attributes {
        if let Some(word) = word {
            draft.nothing(path("rtc", name), word, "only the first rtc timer counts");
        }
    }
}

/// Source: libvirt `qemu_validate.c:qemuValidateDomainDefClockTimers`.
fn refusals(draft: &mut Draft<'_>, timer: &Timer) {
    if let Some(track) = timer.track.as_ref().filter(|track| track.value == "boot") {
        let message = "unsupported configuration: unsupported rtc timer track 'boot'";
        draft.refuse(Step::ValidateTimers, track.at, message);
    }
    let policy = timer.tickpolicy.as_ref();
    if let Some(policy) = policy.filter(|policy| matches!(&*policy.value, "merge" | "discard")) {
        let message = format!(
            "unsupported configuration: unsupported rtc timer tickpolicy '{}'",
            policy.value
        );
        draft.refuse(Step::ValidateTimers, policy.at, message);
    }
}

fn track(draft: &mut Draft<'_>, word: &Word) -> String {
    let (clock, device) = match &*word.value {
        "wall" => (
            "host",
            "the date follows the host's clock, as by default: right after a pause and a restore",
        ),
        "guest" => {
            ("vm", "the date stands still during a pause and loses the gap of a save and restore")
        }
        _ => ("rt", "the date goes on during a pause and loses the gap of a save and restore"),
    };
    draft.emitted(path("rtc", "track"), word, format!("clock={clock}"), device);
    format!(",clock={clock}")
}

fn ticks(draft: &mut Draft<'_>, word: &Word) -> String {
    if word.value != "catchup" {
        let device = "QEMU's own policy stays: lost RTC ticks are discarded";
        draft.nothing(path("rtc", "tickpolicy"), word, device);
        return String::new();
    }
    draft.emitted(path("rtc", "tickpolicy"), word, "driftfix=slew", slew(draft.irqchip()));
    ",driftfix=slew".to_owned()
}

/// What `driftfix=slew` does. Source: QEMU `hw/rtc/mc146818rtc.c`; measured on 7.2, 10.0 and 11.1.
pub(super) fn slew(irqchip: Irqchip) -> &'static str {
    match irqchip {
        Irqchip::Kernel => {
            "lost RTC ticks are replayed, up to 28 in a period; not for a guest on the 8259"
        }
        Irqchip::Split => {
            "RTC interrupts come 28 times too fast, for ever, once the guest turns them on"
        }
        Irqchip::Emulated => {
            "lost RTC ticks are replayed; for a guest on the 8259 they come 28 times too fast"
        }
    }
}
