//! Reading a `<domain>`, value by value.

use roxmltree::{Attribute, Node};

use super::{Agent, Catchup, Clock, Cpu, DomainXml, Enlightenment, Feature, Hyperv, Timer, Word};
use crate::text::{At, Lines, Spanned};
use crate::xml::child;

/// The namespace of `qemu:commandline`. Source: libvirt `src/qemu/qemu_domain.c:virQEMUDriverDomainXMLNamespace`.
const QEMU: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// Attributes that libvirt reads. Source: libvirt `src/conf/domain_conf.c:virDomainDefClockParse`,
/// `virDomainTimerDefParseXML`.
const CLOCK: [&str; 5] = ["offset", "adjustment", "basis", "timezone", "start"];
const TIMER: [&str; 6] = ["name", "present", "tickpolicy", "track", "frequency", "mode"];

/// Reads one document of a text.
pub(super) struct Reader<'a> {
    lines: &'a Lines<'a>,
    start: usize,
}

impl<'a> Reader<'a> {
    /// For the document that starts there.
    pub(super) fn new(lines: &'a Lines<'a>, start: usize) -> Self {
        Self { lines, start }
    }

    /// What a `<domain>` says.
    pub(super) fn domain(&self, node: Node<'_, '_>) -> DomainXml {
        let os_type = child(node, "os").and_then(|os| child(os, "type"));
        let features = child(node, "features");
        let devices = child(node, "devices");
        let metadata = child(node, "metadata");
        let osinfo = metadata
            .and_then(|metadata| child(metadata, "libosinfo"))
            .and_then(|info| child(info, "os"));
        DomainXml {
            name: child(node, "name").and_then(|name| self.text(name)),
            live: node.has_attribute("id"),
            virt_type: self.word(node, "type"),
            arch: os_type.and_then(|os| self.word(os, "arch")),
            machine: os_type.and_then(|os| self.word(os, "machine")),
            osinfo: osinfo.and_then(|os| self.word(os, "id")),
            kubevirt: metadata.and_then(|metadata| child(metadata, "kubevirt")).is_some(),
            vcpus: child(node, "vcpu")
                .and_then(|vcpu| self.text(vcpu))
                .and_then(|text| Some(Spanned { value: text.value.parse().ok()?, at: text.at })),
            clock: child(node, "clock").map(|clock| self.clock(clock)),
            cpu: child(node, "cpu").map(|cpu| self.cpu(cpu)),
            hyperv: features.and_then(|f| child(f, "hyperv")).map(|hyperv| self.hyperv(hyperv)),
            kvm_hidden: features
                .and_then(|f| child(f, "kvm"))
                .and_then(|kvm| child(kvm, "hidden"))
                .and_then(|hidden| self.word(hidden, "state")),
            ioapic_driver: features
                .and_then(|f| child(f, "ioapic"))
                .and_then(|ioapic| self.word(ioapic, "driver")),
            iommu_intremap: devices
                .and_then(|devices| child(devices, "iommu"))
                .and_then(|iommu| child(iommu, "driver"))
                .and_then(|driver| self.word(driver, "intremap")),
            agent: devices.and_then(|devices| self.agent(devices)),
            qemu_args: node
                .children()
                .filter(|n| n.has_tag_name((QEMU, "commandline")))
                .flat_map(|commandline| commandline.children())
                .filter(|n| n.has_tag_name((QEMU, "arg")))
                .filter_map(|arg| self.word(arg, "value"))
                .collect(),
            at: self.tag(node),
        }
    }

    fn clock(&self, node: Node<'_, '_>) -> Clock {
        Clock {
            offset: self.word(node, "offset"),
            adjustment: self.word(node, "adjustment"),
            basis: self.word(node, "basis"),
            timezone: self.word(node, "timezone"),
            start: self.word(node, "start"),
            timers: node
                .children()
                .filter(|n| n.has_tag_name("timer"))
                .filter_map(|timer| self.timer(timer))
                .collect(),
            unknown: self.unknown(node, &CLOCK),
            nameless: node
                .children()
                .find(|n| n.has_tag_name("timer") && n.attribute("name").is_none())
                .map(|timer| self.tag(timer)),
            at: self.tag(node),
        }
    }

    fn timer(&self, node: Node<'_, '_>) -> Option<Timer> {
        Some(Timer {
            name: self.word(node, "name")?,
            tickpolicy: self.word(node, "tickpolicy"),
            track: self.word(node, "track"),
            present: self.word(node, "present"),
            mode: self.word(node, "mode"),
            frequency: self.word(node, "frequency"),
            catchup: child(node, "catchup").map(|catchup| Catchup {
                attributes: catchup
                    .attributes()
                    .map(|attribute| (attribute.name().to_owned(), self.attribute(attribute)))
                    .collect(),
                at: self.tag(catchup),
            }),
            unknown: self.unknown(node, &TIMER),
            at: self.tag(node),
        })
    }

    fn unknown(&self, node: Node<'_, '_>, known: &[&str]) -> Vec<(String, Word)> {
        let unknown =
            node.attributes().filter(|a| a.namespace().is_none() && !known.contains(&a.name()));
        unknown.map(|a| (a.name().to_owned(), self.attribute(a))).collect()
    }

    fn cpu(&self, node: Node<'_, '_>) -> Cpu {
        Cpu {
            mode: self.word(node, "mode"),
            model: child(node, "model").and_then(|model| self.text(model)),
            migratable: self.word(node, "migratable"),
            features: node
                .children()
                .filter(|n| n.has_tag_name("feature"))
                .filter_map(|feature| {
                    Some(Feature {
                        name: self.word(feature, "name")?,
                        policy: self.word(feature, "policy"),
                        at: self.tag(feature),
                    })
                })
                .collect(),
            at: self.tag(node),
        }
    }

    fn hyperv(&self, node: Node<'_, '_>) -> Hyperv {
        Hyperv {
            mode: self.word(node, "mode"),
            enlightenments: node
                .children()
                .filter(Node::is_element)
                .map(|e| Enlightenment {
                    name: e.tag_name().name().to_owned(),
                    state: self.word(e, "state"),
                    direct: child(e, "direct").and_then(|direct| self.word(direct, "state")),
                    at: self.tag(e),
                })
                .collect(),
            at: self.tag(node),
        }
    }

    fn agent(&self, devices: Node<'_, '_>) -> Option<Agent> {
        let channels = devices.children().filter(|n| n.has_tag_name("channel"));
        let target = channels
            .filter_map(|channel| child(channel, "target"))
            .find(|target| target.attribute("name") == Some("org.qemu.guest_agent.0"))?;
        Some(Agent { state: self.word(target, "state"), at: self.tag(target) })
    }

    fn word(&self, node: Node<'_, '_>, name: &str) -> Option<Word> {
        node.attribute_node(name).map(|attribute| self.attribute(attribute))
    }

    fn attribute(&self, attribute: Attribute<'_, '_>) -> Word {
        let range = attribute.range();
        Word {
            value: attribute.value().to_owned(),
            at: self.lines.at(self.start + range.start..self.start + range.end),
        }
    }

    fn text(&self, node: Node<'_, '_>) -> Option<Word> {
        let text = node.children().find(Node::is_text)?;
        let range = text.range();
        let written = &self.lines.text()[self.start + range.start..self.start + range.end];
        let blanks = written.len() - written.trim_start().len();
        let start = self.start + range.start + blanks;
        let at = self.lines.at(start..start + written.trim().len());
        Some(Word { value: text.text()?.trim().to_owned(), at })
    }

    /// The opening tag alone, so that a finding about an element does not underline all that it holds.
    fn tag(&self, node: Node<'_, '_>) -> At {
        let range = node.range();
        let end = node.attributes().next_back().map_or(range.start, |last| last.range().end);
        let rest = &self.lines.text()[self.start + end..self.start + range.end];
        let close = rest.find('>').map_or(rest.len(), |close| close + 1);
        self.lines.at(self.start + range.start..self.start + end + close)
    }
}
