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
mod rtc;
mod timer;
mod tsc;
mod version;

use kvmtime_wire::capabilities::Tsc;
use kvmtime_wire::domain::DomainXml;
use kvmtime_wire::text::At;
use serde::Serialize;

pub use diff::{Change, Difference, Fate, Side, diff};
pub use qemu::translate as translate_qemu;
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
}

/// Why there will be no guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// When.
    pub at: Stage,
    /// libvirt's words, or QEMU's where it is QEMU that ends.
    pub message: String,
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

/// What becomes of one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its path below `domain`, such as `clock/timer[rtc]@track`, or the option and its property.
    pub path: String,
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
    pub becomes: Option<String>,
    /// What the device then does, or why the setting is refused.
    pub device: String,
    #[serde(skip)]
    at: At,
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

impl Translation {
    /// Whether libvirt makes no arguments at all.
    fn is_refused(&self) -> bool {
        self.refused.is_some() && self.args.is_empty()
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
