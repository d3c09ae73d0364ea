//! A translation while it is written: families add to it, and refusals are put into libvirt's order.

use kvmtime_wire::domain::{DomainXml, Word};
use kvmtime_wire::text::At;

use super::number;
use super::{Host, Irqchip, Outcome, Refusal, Setting, Stage, Text, Translation, Versions};

/// The steps of libvirt that refuse a domain, in their order. The first refusal is the one that is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// `virDomainDefParseXML`: `<cpu>`.
    ParseCpu,
    /// The same: `<features>`, child by child.
    ParseFeatures,
    /// The same, in old versions: `<hyperv>` and `<kvm>`.
    ParseHyperv,
    /// The same: `<clock>`.
    ParseClock,
    /// `virDomainDefPostParseTimer`.
    PostParse,
    /// `qemuValidateDomainDefClockTimers`: the timers.
    ValidateTimers,
    /// The same: the start date.
    ValidateStart,
    /// `qemuValidateDomainDefFeatures`.
    ValidateFeatures,
    /// `virDomainDefIOMMUValidate`.
    ValidateIommu,
    /// `qemuProcessStartValidateTSC`.
    StartTsc,
    /// `qemuProcessUpdateGuestCPU`.
    StartCpu,
    /// QEMU ends on its own arguments.
    StartQemu,
}

impl Step {
    fn stage(self) -> Stage {
        if self < Self::StartTsc { Stage::Define } else { Stage::Start }
    }
}

struct Refused {
    step: Step,
    at: At,
    message: String,
    lacks: Option<&'static str>,
}

impl Refused {
    fn told(&self) -> Refusal {
        Refusal {
            at: self.step.stage(),
            message: self.message.clone(),
            place: self.at,
            lacks: self.lacks,
            by_qemu: self.step == Step::StartQemu,
        }
    }
}

/// A translation while it is written.
pub(super) struct Draft<'a> {
    pub(super) domain: &'a DomainXml,
    pub(super) versions: Versions,
    pub(super) host: &'a Host,
    pub(super) args: Vec<String>,
    pub(super) machine: Vec<String>,
    pub(super) cpu: Vec<String>,
    pub(super) env: Vec<String>,
    settings: Vec<Setting>,
    refused: Vec<Refused>,
}

/// Few domains have more settings.
const USUAL: usize = 12;

impl<'a> Draft<'a> {
    pub(super) fn new(domain: &'a DomainXml, versions: Versions, host: &'a Host) -> Self {
        let (args, machine, cpu, env) = (vec![], vec![], vec![], vec![]);
        let (settings, refused) = (Vec::with_capacity(USUAL), vec![]);
        Self { domain, versions, host, args, machine, cpu, env, settings, refused }
    }

    /// A setting that yields an argument.
    pub(super) fn emitted(
        &mut self,
        path: impl Into<Text>,
        word: &Word,
        becomes: impl Into<Text>,
        device: impl Into<Text>,
    ) {
        self.setting(path.into(), word, Some(becomes.into()), device.into());
    }

    /// A setting that nothing comes of.
    pub(super) fn nothing(&mut self, path: impl Into<Text>, word: &Word, device: impl Into<Text>) {
        self.setting(path.into(), word, None, device.into());
    }

    fn setting(&mut self, path: Text, word: &Word, becomes: Option<Text>, device: Text) {
        self.settings.push(Setting {
            path,
            value: word.value.clone(),
            line: word.at.line,
            column: word.at.column,
            outcome: if becomes.is_some() { Outcome::Emitted } else { Outcome::NoEffect },
            becomes,
            device,
            at: word.at,
        });
    }

    /// The domain is refused for what stands there, in these words.
    pub(super) fn refuse(&mut self, step: Step, at: At, message: impl Into<String>) {
        self.refused.push(Refused { step, at, message: message.into(), lacks: None });
    }

    /// The same, for what stands there cannot do without something else.
    pub(super) fn lacks(&mut self, step: Step, at: At, what: &'static str, message: String) {
        self.refused.push(Refused { step, at, message, lacks: Some(what) });
    }

    /// Whether something refuses what stands there.
    pub(super) fn is_refused_at(&self, at: At) -> bool {
        self.refused.iter().any(|refused| refused.at == at)
    }

    /// A number of a timer, as this libvirt reads it.
    pub(super) fn number(&self, text: &str) -> Option<u64> {
        match self.versions.uniform_messages() {
            true => number::unsigned(text),
            false => number::wrapping(text),
        }
    }

    /// Where interrupts are kept.
    pub(super) fn irqchip(&self) -> Irqchip {
        match (self.domain.is_kvm(), super::irqchip::split_by(self).is_some()) {
            (false, _) => Irqchip::Emulated,
            (true, true) => Irqchip::Split,
            (true, false) => Irqchip::Kernel,
        }
    }

    /// The architecture, by libvirt's name.
    pub(super) fn arch(&self) -> &str {
        self.domain.arch.as_ref().map_or("x86_64", |arch| &*arch.value)
    }

    /// The machine type, by its full name: libvirt resolves an alias before it looks at anything else.
    pub(super) fn machine_type(&self) -> String {
        let asked = self.domain.machine.as_ref().map_or("pc", |machine| &*machine.value);
        let family = match asked {
            "pc" => "pc-i440fx",
            "q35" => "pc-q35",
            "virt" => "virt",
            other => return other.to_owned(),
        };
        format!("{family}-{}.{}", self.versions.qemu.0, self.versions.qemu.1)
    }

    /// Whether the machine is an ARM one of the type `virt`. Source: libvirt `qemu_domain.c:qemuDomainIsARMVirt`.
    pub(super) fn is_arm_virt(&self) -> bool {
        let machine = self.machine_type();
        matches!(self.arch(), "aarch64" | "armv7l" | "armv6l")
            && (machine == "virt" || machine.starts_with("virt-"))
    }

    /// Puts it together: the first refusal is the domain's, and every setting that is refused says so.
    pub(super) fn finish(mut self) -> Translation {
        // Features are read in the order of the text, all else in the order that the families follow.
        self.refused.sort_by_key(|refused| {
            let at = if refused.step == Step::ParseFeatures { refused.at } else { At::default() };
            (refused.step, at.line, at.column)
        });
        for setting in &mut self.settings {
            if let Some(refused) = self.refused.iter().find(|refused| refused.at == setting.at) {
                setting.outcome = match refused.step.stage() {
                    Stage::Define => Outcome::RefusedAtDefine,
                    Stage::Start => Outcome::RefusedAtStart,
                };
                setting.device = refused.message.clone().into();
                // What QEMU refuses, libvirt has passed on.
                if refused.step != Step::StartQemu {
                    setting.becomes = None;
                }
            }
        }
        self.settings.sort_by_key(|setting| (setting.line, setting.column));
        let irqchip = self.irqchip();
        let split_by = super::irqchip::split_by(&self);
        let first = self.refused.first();
        if first.is_some_and(|refused| refused.step != Step::StartQemu) {
            for list in [&mut self.args, &mut self.machine, &mut self.cpu, &mut self.env] {
                list.clear();
            }
        }
        Translation {
            name: self.domain.name.as_ref().map_or("unnamed", |name| &*name.value).to_owned(),
            from: String::new(),
            libvirt: Some(self.versions.libvirt),
            qemu: self.versions.qemu,
            refused: first.map(Refused::told),
            refusals: self.refused.iter().map(Refused::told).collect(),
            irqchip,
            split_by,
            assumed: false,
            args: self.args,
            machine: self.machine,
            cpu: self.cpu,
            env: self.env,
            settings: self.settings,
        }
    }
}
