//! Hyper-V's clocks and `<kvm><hidden>`: what a guest is told about the hypervisor's time.

use kvmtime_wire::domain::{Enlightenment, Hyperv, Timer, Word, is};

use super::cpu::wrong;
use super::draft::{Draft, Step};
use super::timer::path;
use super::tsc;
use super::{Version, Versions};

/// Enlightenments by libvirt's names in its order, with the version that brought them.
/// Source: libvirt `domain_conf.c`, `VIR_ENUM_IMPL(virDomainHyperv`.
const KNOWN: [(&str, Version); 17] = [
    ("relaxed", Versions::OLDEST_LIBVIRT),
    ("vapic", Versions::OLDEST_LIBVIRT),
    ("spinlocks", Versions::OLDEST_LIBVIRT),
    ("vpindex", Versions::OLDEST_LIBVIRT),
    ("runtime", Versions::OLDEST_LIBVIRT),
    ("synic", Versions::OLDEST_LIBVIRT),
    ("stimer", Versions::OLDEST_LIBVIRT),
    ("reset", Versions::OLDEST_LIBVIRT),
    ("vendor_id", Versions::OLDEST_LIBVIRT),
    ("frequencies", Versions::OLDEST_LIBVIRT),
    ("reenlightenment", Versions::OLDEST_LIBVIRT),
    ("tlbflush", Versions::OLDEST_LIBVIRT),
    ("ipi", Versions::OLDEST_LIBVIRT),
    ("evmcs", Versions::OLDEST_LIBVIRT),
    ("avic", Version(8, 10, 0)),
    ("emsr_bitmap", Version(10, 7, 0)),
    ("xmm_input", Version(10, 7, 0)),
];

/// Those that concern time, in the same order, and what each does.
const TIMELY: [(&str, &str); 5] = [
    ("vpindex", "a number for each vCPU, which stimer needs"),
    ("synic", "interrupts of Hyper-V's kind, which stimer needs"),
    ("stimer", "timers of Hyper-V's kind: Windows then needs neither HPET nor RTC for its ticks"),
    ("frequencies", "the guest is told the rates of TSC and APIC"),
    ("reenlightenment", "a nested Hyper-V is told when the TSC's rate changes"),
];

/// Checks of libvirt that one enlightenment is there for another.
const DEPENDENCIES_CHECKED: Version = Version(11, 9, 0);

/// Enlightenments, and the one that each cannot do without.
const NEEDED: [(&str, &str); 4] =
    [("stimer", "synic"), ("tlbflush", "vpindex"), ("ipi", "vpindex"), ("evmcs", "vapic")];

/// `<timer name='hypervclock'>`. Source: libvirt `qemu_command.c:qemuBuildCpuCommandLine`.
pub(super) fn clock(draft: &mut Draft<'_>, timer: &Timer) {
    if let Some(word) = &timer.tickpolicy {
        draft.nothing(path("hypervclock", "tickpolicy"), word, "");
    }
    let Some(word) = &timer.present else { return };
    tsc::foreign(draft, "hypervclock", word);
    let path = path("hypervclock", "present");
    if word.value != "yes" {
        return draft.nothing(path, word, "there is none by default");
    }
    let property = switched_on(draft, "hv-time");
    draft.cpu.push(property.clone());
    let device = match draft.domain.is_kvm() {
        true => "Hyper-V's reference counter and TSC page, the clock of a Windows guest",
        false => "no effect: without KVM there is no Hyper-V clock",
    };
    draft.emitted(path, word, property, device);
}

/// `<hyperv>` and `<kvm><hidden>`. Source: libvirt `domain_conf.c:virDomainFeaturesHyperVDefParse`.
pub(super) fn read(draft: &mut Draft<'_>) {
    if let Some(hyperv) = &draft.domain.hyperv {
        let passes = mode(draft, hyperv);
        if passes && draft.versions.libvirt >= Version(11, 0, 0) {
            unread(draft, hyperv);
        } else {
            each(draft, hyperv);
        }
    }
    if let Some(hidden) = &draft.domain.kvm_hidden {
        self::hidden(draft, hidden);
    }
}

fn switched_on(draft: &Draft<'_>, name: &str) -> String {
    if draft.versions.hyperv_says_on() { format!("{name}=on") } else { name.to_owned() }
}

/// Whether the host's enlightenments are passed through.
fn mode(draft: &mut Draft<'_>, hyperv: &Hyperv) -> bool {
    const PATH: &str = "features/hyperv@mode";
    let Some(word) = &hyperv.mode else { return false };
    if draft.versions.libvirt < Version(8, 0, 0) {
        draft.nothing(PATH, word, "this libvirt does not read it");
        return false;
    }
    match &*word.value {
        "custom" => draft.nothing(PATH, word, "each enlightenment is written out, as by default"),
        "passthrough" => {
            draft.cpu.push("hv-passthrough=on".to_owned());
            let device =
                "all that the host's KVM offers, Hyper-V's clock among it; it cannot be migrated";
            draft.emitted(PATH, word, "hv-passthrough=on", device);
            return true;
        }
        "host-model" if draft.versions.libvirt >= DEPENDENCIES_CHECKED => {
            let device = "libvirt writes out what the host offers, which is not known here";
            draft.emitted(PATH, word, "hv-…", device);
        }
        other => {
            draft.refuse(step(draft), word.at, wrong("mode", "hyperv", other));
            draft.nothing(PATH, word, "");
        }
    }
    false
}

fn unread(draft: &mut Draft<'_>, hyperv: &Hyperv) {
    for enlightenment in timely(hyperv) {
        if let Some(state) = &enlightenment.state {
            let device = "not read: the host decides";
            draft.nothing(path_of(&enlightenment.name), state, device);
        }
    }
}

fn timely(hyperv: &Hyperv) -> impl Iterator<Item = &Enlightenment> {
    let concerns = |e: &&Enlightenment| TIMELY.iter().any(|(name, _)| *name == e.name);
    hyperv.enlightenments.iter().filter(concerns)
}

fn path_of(name: &str) -> String {
    format!("features/hyperv/{name}@state")
}

fn each(draft: &mut Draft<'_>, hyperv: &Hyperv) {
    for enlightenment in &hyperv.enlightenments {
        state(draft, enlightenment);
    }
    for (name, device) in TIMELY {
        // The last one of a name counts.
        let found = hyperv.enlightenments.iter().rev().find(|e| e.name == name);
        let Some(found) = found else { continue };
        emit(draft, found, device);
    }
    let clock = draft.domain.timers("hypervclock").any(|timer| is(timer.present.as_ref(), "yes"));
    if draft.versions.libvirt >= DEPENDENCIES_CHECKED {
        dependencies(draft, hyperv, clock);
    }
    if draft.domain.is_kvm_x86() && !draft.domain.takes_hyperv_from_host() {
        qemu_dependencies(draft, hyperv, clock);
    }
}

fn emit(draft: &mut Draft<'_>, found: &Enlightenment, device: &'static str) {
    let on = is(found.state.as_ref(), "on");
    if let Some(state) = &found.state {
        if on {
            let property = switched_on(draft, &format!("hv-{}", found.name));
            draft.cpu.push(property.clone());
            draft.emitted(path_of(&found.name), state, property, device);
        } else {
            draft.nothing(path_of(&found.name), state, "there is none by default");
        }
    }
    let Some(direct) = found.direct.as_ref().filter(|_| found.name == "stimer") else { return };
    const PATH: &str = "features/hyperv/stimer/direct@state";
    // libvirt 7.0 reads it without a look at the timer's own state.
    let read = on || !draft.versions.uniform_messages();
    if read && direct.value == "on" {
        let property = switched_on(draft, "hv-stimer-direct");
        draft.cpu.push(property.clone());
        draft.emitted(PATH, direct, property, "the timers interrupt the guest without a message");
    } else {
        draft.nothing(PATH, direct, "the timers send messages, as by default");
    }
}

fn state(draft: &mut Draft<'_>, e: &Enlightenment) {
    let name = &e.name;
    let known =
        KNOWN.iter().any(|(known, since)| known == name && draft.versions.libvirt >= *since);
    if !known {
        let message =
            format!("unsupported configuration: unsupported HyperV Enlightenment feature: {name}");
        return draft.refuse(step(draft), e.at, message);
    }
    let uniform = draft.versions.uniform_messages();
    let hyperv = "HyperV Enlightenment feature";
    match &e.state {
        None if uniform => {
            let message =
                format!("XML error: Missing required attribute 'state' in element '{name}'");
            draft.refuse(step(draft), e.at, message);
        }
        None => {
            let message = format!("XML error: missing 'state' attribute for {hyperv} '{name}'");
            draft.refuse(step(draft), e.at, message);
        }
        Some(state) if !is_switch(state) => {
            let message = match uniform {
                true => wrong("state", name, &state.value),
                false => format!(
                    "unsupported configuration: invalid value of state argument for {hyperv} '{name}'"
                ),
            };
            draft.refuse(step(draft), state.at, message);
        }
        Some(state) => direct(draft, e, state.value == "on" || !uniform),
    }
}

fn direct(draft: &mut Draft<'_>, e: &Enlightenment, read: bool) {
    let Some(direct) = e.direct.as_ref().filter(|direct| read && !is_switch(direct)) else {
        return;
    };
    if e.name != "stimer" {
        return;
    }
    let message = match draft.versions.uniform_messages() {
        true => wrong("state", "direct", &direct.value),
        false => "unsupported configuration: invalid value of state argument for Hyper-V stimer 'direct' feature"
            .to_owned(),
    };
    draft.refuse(step(draft), direct.at, message);
}

/// libvirt once read these after all other features, and now in the order of the text.
fn step(draft: &Draft<'_>) -> Step {
    if draft.versions.uniform_messages() { Step::ParseFeatures } else { Step::ParseHyperv }
}

fn is_switch(word: &Word) -> bool {
    matches!(&*word.value, "on" | "off")
}

/// Source: libvirt 12.8's messages and behaviour.
fn dependencies(draft: &mut Draft<'_>, hyperv: &Hyperv, clock: bool) {
    if let Some(stimer) = last_on(hyperv, "stimer").filter(|_| !clock) {
        let message = requires("stimer", "hypervclock", "timer");
        draft.lacks(Step::ValidateFeatures, stimer.at, "hypervclock", message);
    }
    for (name, needed) in NEEDED {
        if let Some(word) = last_on(hyperv, name).filter(|_| last_on(hyperv, needed).is_none()) {
            let message = requires(name, needed, "feature");
            draft.lacks(Step::ValidateFeatures, word.at, needed, message);
        }
    }
}

/// What QEMU ends on when libvirt has let it pass. It looks only where KVM has Hyper-V's features at all.
fn qemu_dependencies(draft: &mut Draft<'_>, hyperv: &Hyperv, clock: bool) {
    let has = |name: &str| match name {
        "time" => clock,
        name => last_on(hyperv, name).is_some(),
    };
    let words = lacking(has).filter_map(|(name, needed, message)| {
        let needed = if needed == "time" { "hypervclock" } else { needed };
        Some((last_on(hyperv, name)?, needed, message))
    });
    let passed: Vec<_> = words.filter(|(word, ..)| !draft.is_refused_at(word.at)).collect();
    for (word, needed, message) in passed {
        draft.lacks(Step::StartQemu, word.at, needed, message);
    }
}

/// Enlightenments in QEMU's order, and the one that each cannot do without.
/// Source: QEMU `target/i386/kvm/kvm.c:kvm_hyperv_properties`, `kvm_hyperv_expand_features`.
const QEMU_NEEDS: [(&str, &str); 8] = [
    ("stimer", "time"),
    ("stimer", "synic"),
    ("tlbflush", "vpindex"),
    ("evmcs", "vapic"),
    ("ipi", "vpindex"),
    ("stimer-direct", "stimer"),
    ("tlbflush-ext", "tlbflush"),
    ("synic", "vpindex"),
];

const QEMU_NAMES: [(&str, &str); 10] = [
    ("vapic", "virtual APIC (hv-vapic)"),
    ("time", "clocksources (hv-time)"),
    ("vpindex", "VP_INDEX MSR (hv-vpindex)"),
    ("synic", "synthetic interrupt controller (hv-synic)"),
    ("stimer", "synthetic timers (hv-stimer)"),
    ("stimer-direct", "direct mode synthetic timers (hv-stimer-direct)"),
    ("tlbflush", "paravirtualized TLB flush (hv-tlbflush)"),
    ("tlbflush-ext", "Extended gva ranges for TLB flush hypercalls (hv-tlbflush-ext)"),
    ("evmcs", "enlightened VMCS (hv-evmcs)"),
    ("ipi", "paravirtualized IPI (hv-ipi)"),
];

/// The enlightenments that are on without the one that they need, and QEMU's words.
pub(super) fn lacking(
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let named = |name: &str| {
        let known = QEMU_NAMES.iter().find(|(known, _)| *known == name);
        known.map_or("", |(_, words)| *words)
    };
    QEMU_NEEDS.into_iter().filter(move |(name, needed)| has(name) && !has(needed)).map(
        move |(name, needed)| {
            (name, needed, format!("Hyper-V {} requires Hyper-V {}", named(name), named(needed)))
        },
    )
}

fn requires(name: &str, needed: &str, kind: &str) -> String {
    format!("unsupported configuration: '{name}' hyperv feature requires '{needed}' {kind}")
}

/// The state of an enlightenment that is switched on; the last one of a name counts.
fn last_on<'a>(hyperv: &'a Hyperv, name: &str) -> Option<&'a Word> {
    let found = hyperv.enlightenments.iter().rev().find(|e| e.name == name);
    found.and_then(|e| e.state.as_ref()).filter(|state| state.value == "on")
}

fn hidden(draft: &mut Draft<'_>, word: &Word) {
    const PATH: &str = "features/kvm/hidden@state";
    if !is_switch(word) {
        let message = match draft.versions.uniform_messages() {
            true => wrong("state", "hidden", &word.value),
            false => "unsupported configuration: invalid value of state argument for KVM feature 'hidden'".to_owned(),
        };
        draft.refuse(step(draft), word.at, message);
    }
    if word.value != "on" {
        return draft.nothing(PATH, word, "KVM shows itself, as by default");
    }
    draft.cpu.push("kvm=off".to_owned());
    let device = "KVM hides itself: a Linux guest finds no kvm-clock, whatever kvmclock says";
    draft.emitted(PATH, word, "kvm=off", device);
}
