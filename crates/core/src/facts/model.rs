//! What libvirt and QEMU make of a domain or a command line on the host at hand.

use std::sync::OnceLock;

use kvmtime_wire::domain::DomainXml;

use super::{Domain, Facts, Qemu};
use crate::fact::{Fact, Unknown};
use crate::finding::Finding;
use crate::translate::{self, Host, Irqchip, Refusal, Translation, Version, Versions};

/// A translation, made when it is first asked for. It is no part of what was read, so two subjects that differ in it
/// alone are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Once(OnceLock<Translation>);

impl PartialEq for Once {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

fn number(text: &Fact<String>) -> Fact<Version> {
    text.clone().parse(|text| text.parse::<Version>())
}

/// Pairs of one age, which stand for versions that are not known.
const AGES: [(Version, Version); 5] = [
    (Versions::OLDEST_LIBVIRT, Versions::OLDEST_QEMU),
    (Version(9, 0, 0), Version(7, 2, 0)),
    (Version(9, 0, 0), Version(8, 2, 0)),
    (Version(11, 3, 0), Version(10, 0, 0)),
    (Versions::NEWEST.libvirt, Versions::NEWEST.qemu),
];

impl Facts {
    /// The host's versions of libvirt and QEMU, where they are known.
    pub fn versions(&self) -> (Option<Version>, Option<Version>) {
        let known = |fact: &Fact<String>| number(fact).value().copied();
        let libvirt = self.host().map(|host| &host.libvirt);
        libvirt.map_or((None, None), |said| (known(&said.version), known(&said.qemu_version)))
    }

    /// Where there is a host and its versions are not known: which is not, and what would become of the domain with
    /// older ones. A domain in a file has no host, and nothing is lacking.
    pub fn other_versions(&self, xml: &DomainXml) -> Option<(Unknown, Vec<Translation>)> {
        let said = &self.host()?.libvirt;
        let (libvirt, qemu) = (number(&said.version), number(&said.qemu_version));
        let unknown = libvirt.get().err().or_else(|| qemu.get().err())?;
        let pairs = AGES.map(|(old_libvirt, old_qemu)| Versions {
            libvirt: libvirt.value().copied().unwrap_or(old_libvirt),
            qemu: qemu.value().copied().unwrap_or(old_qemu),
        });
        let host = self.translating_host();
        Some((unknown, pairs.iter().map(|pair| translate::translate(xml, pair, &host)).collect()))
    }

    /// What becomes of a domain's settings on this host; with the newest libvirt and QEMU where its own are not known.
    pub fn translate(&self, xml: &DomainXml) -> Translation {
        let (libvirt, qemu) = self.versions();
        let versions = Versions {
            libvirt: libvirt.unwrap_or(Versions::NEWEST.libvirt),
            qemu: qemu.unwrap_or(Versions::NEWEST.qemu),
        };
        let assumed = libvirt.is_none() || qemu.is_none();
        Translation { assumed, ..translate::translate(xml, &versions, &self.translating_host()) }
    }

    fn translating_host(&self) -> Host {
        let host = self.host();
        Host {
            tsc: host.and_then(|host| host.tsc().value().cloned()),
            utc_offset: host.and_then(|host| host.rtc.zone_offset_seconds.value().copied()),
        }
    }
}

impl Domain {
    /// What becomes of its settings; `None` where another driver than QEMU's runs it.
    pub fn translation(&self, facts: &Facts) -> Option<&Translation> {
        let model = || self.once.0.get_or_init(|| facts.translate(&self.xml));
        self.xml.is_qemu().then(model)
    }

    /// Whether KVM has the local APIC alone, and QEMU the other interrupt chips and the PIT.
    pub fn splits_irqchip(&self, facts: &Facts) -> bool {
        self.translation(facts).is_some_and(|model| model.irqchip == Irqchip::Split)
    }

    /// Takes the words of libvirt or QEMU as evidence, and puts the finding at what they refuse.
    #[must_use]
    pub fn heard(&self, finding: Finding, model: &Translation, refusal: &Refusal) -> Finding {
        let place = self.place(refusal.place);
        finding.saw(model.speaker(refusal), &refusal.message, place).at(&self.path, refusal.place)
    }
}

impl Qemu {
    /// What its options do, with the host's QEMU, else the newest.
    pub fn translation(&self, facts: &Facts) -> &Translation {
        self.once.0.get_or_init(|| {
            let (_, qemu) = facts.versions();
            let version = qemu.unwrap_or(Versions::NEWEST.qemu);
            let host = facts.translating_host();
            let model = translate::translate_qemu(&self.line, version, &host);
            Translation { assumed: qemu.is_none(), ..model }
        })
    }
}
