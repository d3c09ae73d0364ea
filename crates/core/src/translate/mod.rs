//! What becomes of a domain's clock settings: libvirt's arguments, and what the devices then do.
//!
//! The model is libvirt's QEMU driver from 7.0 to 12.8 with QEMU 5.2 to 11.1, one file for each family of settings.

mod armvtimer;
mod clock;
mod cpu;
mod diff;
mod draft;
mod hpet;
mod hyperv;
mod irqchip;
mod kvmclock;
mod number;
mod pit;
mod qemu;
mod removed;
mod rtc;
mod timer;
mod tsc;
mod version;

use std::borrow::Cow;

use kvmtime_wire::capabilities::Tsc;
use kvmtime_wire::domain::{DomainXml, Word};
use kvmtime_wire::text::At;
use serde::Serialize;

pub(crate) use clock::UNADJUSTED;
pub use diff::{Change, Difference, Fate, Side, diff};
pub(crate) use qemu::kernel_irqchip;
pub use qemu::translate as translate_qemu;
pub use removed::{Removed, removed};
pub(crate) use tsc::tolerates;
pub use version::{NoVersion, Version, Versions};

use draft::Draft;

/// What the host adds to the outcome, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// The time stamp counter, as libvirt sees it.
    pub tsc: Option<Tsc>,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: Option<i64>,
}

/// Where interrupt chips and PIT are, which decides what becomes of lost ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Irqchip {
    /// All in KVM, with its PIT.
    Kernel,
    /// The local APIC in KVM, the rest and the PIT in QEMU.
    Split,
    /// All in QEMU.
    Emulated,
}

/// What becomes of one domain's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// The domain's name.
    pub name: String,
    /// The file or libvirt that it was read from.
    pub from: String,
    /// libvirt's version; none for a bare command line.
    pub libvirt: Option<Version>,
    /// QEMU's version.
    pub qemu: Version,
    /// Why there will be no guest.
    pub refused: Option<Refusal>,
    /// Options that concern time, each with its value.
    pub args: Vec<String>,
    /// Properties of `-machine` that concern time.
    pub machine: Vec<String>,
    /// Properties of `-cpu` that concern time.
    pub cpu: Vec<String>,
    /// The environment of QEMU, as far as it concerns time.
    pub env: Vec<String>,
    /// Each setting, in the order of the text.
    pub settings: Vec<Setting>,
    /// All that the domain would be refused for, the first of which is heard.
    #[serde(skip)]
    pub refusals: Vec<Refusal>,
    /// Where interrupt chips and PIT are.
    #[serde(skip)]
    pub irqchip: Irqchip,
    /// What splits the interrupt chips, by its path.
    #[serde(skip)]
    pub split_by: Option<(&'static str, Word)>,
    /// Whether the versions are assumed: those of the host are not known.
    #[serde(skip)]
    pub assumed: bool,
}

/// Why there will be no guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// When.
    pub at: Stage,
    /// libvirt's words, or QEMU's where it is QEMU that ends.
    pub message: String,
    /// The place of what it is refused for.
    #[serde(skip)]
    pub place: At,
    /// What is not there, where that is the reason.
    #[serde(skip)]
    pub lacks: Option<&'static str>,
    /// Whether it is QEMU that ends.
    #[serde(skip)]
    pub by_qemu: bool,
}

/// When a domain is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// When it is defined.
    Define,
    /// When it is started.
    Start,
}

/// Words that are mostly the model's own: tens of thousands of domains are translated in a run.
pub type Text = Cow<'static, str>;

/// What becomes of one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its path below `domain`, such as `clock/timer[rtc]@track`, or the option and its property.
    pub path: Text,
    /// Its value, as written.
    pub value: String,
    /// Its line.
    pub line: u32,
    /// Its column.
    #[serde(skip)]
    pub column: u32,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The argument or property that it yields.
    pub becomes: Option<Text>,
    /// What the device then does, or why the setting is refused.
    pub device: Text,
    /// Its place.
    #[serde(skip)]
    pub at: At,
}

/// What becomes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It yields an argument.
    Emitted,
    /// It is accepted, and nothing comes of it.
    NoEffect,
    /// The domain cannot be defined with it.
    RefusedAtDefine,
    /// The domain cannot be started with it.
    RefusedAtStart,
}

impl Setting {
    /// The value with its place.
    pub fn word(&self) -> Word {
        Word { value: self.value.clone(), at: self.at }
    }

    /// The timer's name and the attribute, where it is a timer's; the timer itself is its `name`.
    pub fn of_timer(&self) -> Option<(&str, &str)> {
        let (name, rest) = self.path.strip_prefix("clock/timer[")?.split_once(']')?;
        match rest.strip_prefix('@') {
            Some(attribute) => Some((name, attribute)),
            None => rest.is_empty().then_some((name, "name")),
        }
    }

    /// Whether it yields that argument or property.
    pub fn yields(&self, argument: &str) -> bool {
        self.outcome == Outcome::Emitted && self.becomes.as_deref() == Some(argument)
    }
}

impl Translation {
    /// Whether libvirt makes no arguments at all.
    fn is_refused(&self) -> bool {
        self.refused.is_some() && self.args.is_empty()
    }

    /// The settings that nothing comes of.
    pub fn idle(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.outcome == Outcome::NoEffect)
    }

    /// Whose words a refusal has.
    pub fn speaker(&self, refusal: &Refusal) -> String {
        let assumed = if self.assumed { ", the newest known" } else { "" };
        match self.libvirt {
            Some(libvirt) if !refusal.by_qemu => format!("libvirt {libvirt}{assumed}"),
            _ => format!("QEMU {}{assumed}", self.qemu),
        }
    }

    /// The first refusal of what stands there.
    pub fn refusal(&self, setting: &Setting) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| refusal.place == setting.at)
    }

    /// The settings that are refused, each with the words.
    pub fn refused_settings(&self) -> impl Iterator<Item = (&Setting, &Refusal)> {
        let any = if self.refusals.is_empty() { &[][..] } else { &self.settings };
        any.iter().filter_map(|setting| Some((setting, self.refusal(setting)?)))
    }
}

/// Tells what becomes of a domain's settings.
pub fn translate(domain: &DomainXml, versions: &Versions, host: &Host) -> Translation {
    let mut draft = Draft::new(domain, *versions, host);
    cpu::read(&mut draft);
    irqchip::read(&mut draft);
    clock::read(&mut draft);
    timer::read(&mut draft);
    hyperv::read(&mut draft);
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(inside: &str, libvirt: (u32, u32), qemu: (u32, u32)) -> Translation {
        let arch =
            if inside.contains("armvtimer") { ("aarch64", "virt") } else { ("x86_64", "pc") };
        let (arch, machine) = arch;
        let text = format!(
            "<domain type='kvm'><os><type arch='{arch}' machine='{machine}'/></os>{inside}</domain>"
        );
        let domain = kvmtime_wire::domain::parse(&text).unwrap().remove(0);
        let version = |(major, minor)| Version(major, minor, 0);
        let versions = Versions { libvirt: version(libvirt), qemu: version(qemu) };
        translate(&domain, &versions, &Host::default())
    }

    fn timers(timers: &str, libvirt: (u32, u32), qemu: (u32, u32)) -> Translation {
        one(&format!("<clock offset='utc'>{timers}</clock>"), libvirt, qemu)
    }

    fn words(translation: &Translation) -> &str {
        translation.refused.as_ref().map_or("", |refusal| &*refusal.message)
    }

    // What follows is read in libvirt's source: the tests against libvirt itself have 9.0 and 11.3.
    #[test]
    fn libvirt_7_0_has_words_and_arguments_of_its_own() {
        let old = |inside| timers(inside, (7, 0), (5, 2));
        let realtime = old("<timer name='rtc' track='realtime'/>");
        assert_eq!(words(&realtime), "unsupported configuration: unknown timer track 'realtime'");
        let present = old("<timer name='pit' present='on'/>");
        assert_eq!(words(&present), "internal error: unknown timer present value 'on'");
        let hertz = old("<timer name='tsc' frequency='x'/>");
        assert_eq!(words(&hertz), "internal error: invalid timer frequency");
        let clocks =
            old("<timer name='hypervclock' present='yes'/><timer name='kvmclock' present='no'/>");
        assert_eq!(clocks.cpu, ["hv-time", "kvmclock=off"]);
        let absolute = one("<clock offset='absolute' start='1'/>", (7, 0), (5, 2));
        assert_eq!(words(&absolute), "unsupported configuration: unknown clock offset 'absolute'");
        let maximum = one("<cpu mode='maximum'/>", (7, 0), (5, 2));
        assert_eq!(words(&maximum), "unsupported configuration: Invalid mode attribute 'maximum'");
    }

    #[test]
    fn the_hpet_changes_its_place_with_both_versions() {
        let absent = |libvirt, qemu| timers("<timer name='hpet' present='no'/>", libvirt, qemu);
        assert_eq!(absent((7, 0), (5, 2)).args[1], "-no-hpet");
        assert_eq!(absent((9, 0), (7, 2)).args[1], "-no-hpet");
        assert_eq!(absent((11, 3), (7, 2)).args[1], "-no-hpet");
        assert_eq!(absent((9, 0), (8, 0)).machine, ["hpet=off"]);
        let too_old = absent((7, 0), (10, 0));
        assert_eq!((words(&too_old), &*too_old.args[1]), ("-no-hpet: invalid option", "-no-hpet"));
        assert_eq!(too_old.settings[1].outcome, Outcome::RefusedAtStart);
        let present = |libvirt, qemu| timers("<timer name='hpet' present='yes'/>", libvirt, qemu);
        assert!(words(&present((9, 1), (8, 0))).ends_with("hpet timer is not supported"));
        assert_eq!(present((9, 2), (8, 0)).machine, ["hpet=on"]);
    }

    #[test]
    fn arm_has_its_own_timer_and_none_of_a_pc() {
        let timer = timers("<timer name='armvtimer' tickpolicy='discard'/>", (11, 3), (10, 0));
        assert_eq!(timer.cpu, ["kvm-no-adjvtime=on"]);
        let pit = timers("<timer name='armvtimer'/><timer name='pit'/>", (11, 3), (10, 0));
        assert_eq!(pit.args, ["-rtc base=utc"]);
        let clock = timers(
            "<timer name='armvtimer'/><timer name='kvmclock' present='yes'/>",
            (9, 0),
            (7, 2),
        );
        assert!(words(&clock).ends_with("virtType=kvm arch=aarch64 machine=virt-7.2 guests"));
        let merge = timers("<timer name='armvtimer' tickpolicy='merge'/>", (9, 0), (7, 2));
        assert!(words(&merge).contains("does not support tickpolicy 'merge'"));
    }

    #[test]
    fn split_interrupt_chips_make_catch_up_run_away() {
        let intremap = "<clock><timer name='rtc' tickpolicy='catchup'/></clock>\
                        <devices><iommu model='intel'><driver intremap='on'/></iommu></devices>";
        let new = one(intremap, (10, 10), (9, 1));
        assert_eq!(new.machine, ["kernel_irqchip=split"]);
        assert!(new.settings[0].device.contains("28 times too fast, for ever"));
        assert!(words(&one(intremap, (10, 9), (9, 1))).contains("requires split I/O APIC"));
    }

    #[test]
    fn an_enlightenment_that_lacks_another_is_refused_by_qemu_and_then_by_libvirt() {
        let hyperv = "<features><hyperv><stimer state='on'/></hyperv></features>";
        let lacks = |translation: &Translation| -> Vec<_> {
            translation.refusals.iter().map(|r| (r.by_qemu, r.lacks.unwrap_or_default())).collect()
        };
        let old = one(hyperv, (9, 0), (7, 2));
        assert_eq!(lacks(&old), [(true, "hypervclock"), (true, "synic")]);
        let clocks = "Hyper-V synthetic timers (hv-stimer) requires Hyper-V clocksources (hv-time)";
        assert_eq!((words(&old), &*old.cpu), (clocks, &["hv-stimer=on".to_owned()][..]));
        let new = one(hyperv, (12, 8), (11, 1));
        assert_eq!(lacks(&new), [(false, "hypervclock"), (false, "synic")]);
        let synic = one(&hyperv.replace("stimer", "synic"), (12, 8), (11, 1));
        assert_eq!(lacks(&synic), [(true, "vpindex")]);
    }

    #[test]
    fn what_libvirt_does_not_know_is_named() {
        let typed = timers("<timer name='hpet' presnet='no'/>", (11, 3), (10, 0));
        let named: Vec<_> = typed.idle().map(|setting| &*setting.path).collect();
        assert_eq!(named, ["clock/timer[hpet]", "clock/timer[hpet]@presnet"]);
    }

    #[test]
    fn a_date_that_cannot_be_written_stops_qemu() {
        let far = one("<clock offset='variable' adjustment='-99999999999999'/>", (9, 0), (7, 2));
        assert_eq!(far.args, ["-rtc base=(null)"]);
        assert_eq!(far.refused.unwrap().at, Stage::Start);
    }
}
