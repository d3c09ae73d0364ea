//! libvirt's domain XML: what concerns time, each value with its place.
//!
//! Source of the shapes: libvirt `docs/formatdomain.rst` and `src/conf/domain_conf.c:virDomainClockDefParse`.

mod read;

use roxmltree::Node;
use serde::{Deserialize, Serialize};

use crate::text::{At, Lines, ParseError, Spanned};
use crate::xml::{Documents, other_root};
use read::Reader;

/// An attribute or a text, as written.
pub type Word = Spanned<String>;

/// What a domain's XML says about time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainXml {
    /// `domain/name`.
    pub name: Option<Word>,
    /// Whether the domain ran when libvirt wrote this, `domain/@id`.
    #[serde(default)]
    pub live: bool,
    /// `domain/@type`: `kvm`, `qemu` (TCG), `xen` …
    pub virt_type: Option<Word>,
    /// `os/type/@arch`.
    pub arch: Option<Word>,
    /// `os/type/@machine`.
    pub machine: Option<Word>,
    /// `metadata/libosinfo/os/@id`, a URL such as `http://redhat.com/rhel/9.2`.
    pub osinfo: Option<Word>,
    /// Whether KubeVirt made the domain, `metadata/kubevirt`.
    #[serde(default)]
    pub kubevirt: bool,
    /// `vcpu`.
    pub vcpus: Option<Spanned<u32>>,
    /// `clock`.
    pub clock: Option<Clock>,
    /// `cpu`.
    pub cpu: Option<Cpu>,
    /// `features/hyperv`.
    pub hyperv: Option<Hyperv>,
    /// `features/kvm/hidden/@state`.
    pub kvm_hidden: Option<Word>,
    /// `features/ioapic/@driver`.
    pub ioapic_driver: Option<Word>,
    /// `devices/iommu/driver/@intremap`.
    pub iommu_intremap: Option<Word>,
    /// The channel named `org.qemu.guest_agent.0`.
    pub agent: Option<Agent>,
    /// `qemu:commandline/qemu:arg/@value`, in order.
    pub qemu_args: Vec<Word>,
    /// The opening tag of `domain`.
    pub at: At,
}

/// `<clock>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// `utc`, `localtime`, `timezone`, `variable` or `absolute`.
    pub offset: Option<Word>,
    /// Seconds, or `reset`.
    pub adjustment: Option<Word>,
    /// `utc` or `localtime`.
    pub basis: Option<Word>,
    /// The zone of `offset='timezone'`.
    pub timezone: Option<Word>,
    /// Seconds since the epoch, of `offset='absolute'`.
    pub start: Option<Word>,
    /// The timers, in order.
    pub timers: Vec<Timer>,
    /// Attributes that libvirt does not know, which it passes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<(String, Word)>,
    /// The first timer without a name, which libvirt refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nameless: Option<At>,
    /// The opening tag.
    pub at: At,
}

/// `<timer>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// `rtc`, `pit`, `hpet`, `tsc`, `kvmclock`, `hypervclock`, `armvtimer`, `platform`.
    pub name: Word,
    /// `delay`, `catchup`, `merge`, `discard`.
    pub tickpolicy: Option<Word>,
    /// `boot`, `guest`, `wall`, `realtime`.
    pub track: Option<Word>,
    /// `yes` or `no`.
    pub present: Option<Word>,
    /// `auto`, `native`, `emulate`, `paravirt`, `smpsafe`.
    pub mode: Option<Word>,
    /// Hz.
    pub frequency: Option<Word>,
    /// `<catchup>`.
    pub catchup: Option<Catchup>,
    /// Attributes that libvirt does not know, which it passes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<(String, Word)>,
    /// The opening tag.
    pub at: At,
}

/// `<catchup threshold= slew= limit=>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catchup {
    /// Its attributes, by name.
    pub attributes: Vec<(String, Word)>,
    /// The tag.
    pub at: At,
}

/// `<cpu>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// `custom`, `host-model`, `host-passthrough`, `maximum`.
    pub mode: Option<Word>,
    /// The text of `model`.
    pub model: Option<Word>,
    /// `on` or `off`, of `host-passthrough`.
    pub migratable: Option<Word>,
    /// `feature` elements.
    pub features: Vec<Feature>,
    /// The opening tag.
    pub at: At,
}

/// `<feature policy= name=>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// The flag's name.
    pub name: Word,
    /// `force`, `require`, `optional`, `disable`, `forbid`.
    pub policy: Option<Word>,
    /// The tag.
    pub at: At,
}

/// `<hyperv>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hyperv {
    /// `custom`, `passthrough` or `host-model`.
    pub mode: Option<Word>,
    /// The enlightenments, in order.
    pub enlightenments: Vec<Enlightenment>,
    /// The opening tag.
    pub at: At,
}

/// One child of `<hyperv>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enlightenment {
    /// The element's name, such as `stimer`.
    pub name: String,
    /// `on` or `off`.
    pub state: Option<Word>,
    /// `direct/@state`, of `stimer`.
    pub direct: Option<Word>,
    /// The opening tag.
    pub at: At,
}

/// The guest agent's channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// `target/@state`: `connected` or `disconnected`, only in live XML.
    pub state: Option<Word>,
    /// The `target` tag.
    pub at: At,
}

impl DomainXml {
    /// The timers by that name, in order.
    pub fn timers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Timer> {
        self.clock
            .iter()
            .flat_map(|clock| &clock.timers)
            .filter(move |timer| timer.name.value == name)
    }

    /// The first timer by that name.
    pub fn timer(&self, name: &str) -> Option<&Timer> {
        self.clock.iter().flat_map(|clock| &clock.timers).find(|timer| timer.name.value == name)
    }

    /// The enlightenment, if it is switched on.
    pub fn enlightened(&self, name: &str) -> Option<&Enlightenment> {
        let mut all = self.hyperv.iter().flat_map(|hyperv| &hyperv.enlightenments);
        all.find(|e| e.name == name && !is(e.state.as_ref(), "off"))
    }

    /// The CPU feature by that name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.cpu.iter().flat_map(|cpu| &cpu.features).find(|feature| feature.name.value == name)
    }

    /// The last `present` given for that timer: libvirt passes on every one and QEMU keeps the last.
    pub fn present(&self, name: &str) -> Option<&Word> {
        let timers = self.clock.iter().flat_map(|clock| clock.timers.iter().rev());
        timers.filter(|timer| timer.name.value == name).find_map(|timer| timer.present.as_ref())
    }

    /// The frequency that `<timer name='tsc'>` asks for, in Hz; libvirt passes over 0.
    pub fn tsc_frequency(&self) -> Option<(&Word, u64)> {
        let timers = self.clock.iter().flat_map(|clock| &clock.timers);
        let words = timers.filter(|t| t.name.value == "tsc").filter_map(|t| t.frequency.as_ref());
        words.filter_map(|word| Some((word, word.value.parse().ok()?))).find(|(_, hz)| *hz > 0)
    }

    /// The CPU feature by that name, if the guest is to see it.
    pub fn requires(&self, name: &str) -> Option<&Feature> {
        // Without a policy libvirt requires the feature.
        self.feature(name).filter(|feature| {
            feature.policy.as_ref().is_none_or(|policy| {
                matches!(policy.value.as_str(), "require" | "force" | "optional")
            })
        })
    }

    /// Whether the guest sees an invariant TSC; `host-passthrough` that may not migrate brings it along.
    pub fn exposes_invtsc(&self) -> bool {
        let Some(cpu) = &self.cpu else { return false };
        self.requires("invtsc").is_some()
            || is(cpu.mode.as_ref(), "host-passthrough")
                && is(cpu.migratable.as_ref(), "off")
                && self.feature("invtsc").is_none()
    }

    /// Whether Hyper-V's reference counter is switched on.
    pub fn has_hyperv_clock(&self) -> bool {
        self.timers("hypervclock").any(|timer| is(timer.present.as_ref(), "yes"))
            || self.takes_hyperv_from_host()
    }

    /// Whether the host decides which Hyper-V enlightenments there are.
    pub fn takes_hyperv_from_host(&self) -> bool {
        let mode = self.hyperv.as_ref().and_then(|hyperv| hyperv.mode.as_ref());
        is(mode, "passthrough") || is(mode, "host-model")
    }

    /// Where the clock is set up: its opening tag, else the domain's.
    pub fn clock_at(&self) -> At {
        self.clock.as_ref().map_or(self.at, |clock| clock.at)
    }

    /// Whether KVM runs the guest.
    pub fn is_kvm(&self) -> bool {
        self.virt_type.as_ref().is_none_or(|virt_type| virt_type.value == "kvm")
    }

    /// Whether libvirt's QEMU driver runs the guest, with or without KVM.
    pub fn is_qemu(&self) -> bool {
        self.is_kvm() || is(self.virt_type.as_ref(), "qemu") || is(self.virt_type.as_ref(), "hvf")
    }

    /// Whether KVM runs the guest on x86, where its clocks and timers are those that most rules speak of.
    pub fn is_kvm_x86(&self) -> bool {
        self.is_kvm() && self.is_x86()
    }

    /// Whether the architecture is x86, which is also libvirt's default on an x86 host.
    pub fn is_x86(&self) -> bool {
        self.arch.as_ref().is_none_or(|arch| matches!(&*arch.value, "x86_64" | "i686" | "i386"))
    }
}

/// Whether an attribute is there and says that.
pub fn is(word: Option<&Word>, value: &str) -> bool {
    word.is_some_and(|word| word.value == value)
}

/// Why a text gave no domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDomain {
    /// It is not XML.
    #[error("not a domain XML ({0})")]
    Broken(ParseError),
    /// It is XML of another kind, such as a network.
    #[error("not a domain XML ({0})")]
    Other(ParseError),
}

/// Every domain in a text: one domain, a `<domains>` list, a saved status, snapshot or checkpoint, or several of them in a row.
///
/// # Errors
/// Where the text is no XML, or names what it holds instead of a domain.
pub fn parse(text: &str) -> Result<Vec<DomainXml>, NoDomain> {
    let lines = Lines::new(text);
    let mut found = Vec::new();
    for document in Documents::new(&lines) {
        let (start, document) = document.map_err(NoDomain::Broken)?;
        let reader = Reader::new(&lines, start);
        let root = document.root_element();
        let before = found.len();
        let domains = root.descendants().filter(|node| is_definition(*node));
        found.extend(domains.map(|node| reader.domain(node)));
        if found.len() == before {
            return Err(NoDomain::Other(other_root(root, &lines, start)));
        }
    }
    if found.is_empty() {
        return Err(NoDomain::Broken(ParseError::new(1, "there is no element")));
    }
    Ok(found)
}

/// The domain inside a snapshot's `<inactiveDomain>` has another name; metadata may hold anything.
fn is_definition(node: Node<'_, '_>) -> bool {
    const HOLDERS: [&str; 4] = ["domains", "domstatus", "domainsnapshot", "domaincheckpoint"];
    node.has_tag_name("domain")
        && node
            .parent_element()
            .is_none_or(|parent| HOLDERS.iter().any(|holder| parent.has_tag_name(*holder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<domain type='kvm'>
  <name>buster</name>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
</domain>
";

    #[test]
    fn values_know_their_place() {
        let domain = parse(XML).unwrap().remove(0);
        assert_eq!(domain.name.as_ref().unwrap().value, "buster");
        let track = domain.timer("rtc").unwrap().track.as_ref().unwrap();
        assert_eq!(track.value, "guest");
        assert_eq!(track.at, At { line: 4, column: 44, end_line: 4, end_column: 57 });
        assert_eq!(domain.clock.as_ref().unwrap().at.end_line, 3);
    }

    #[test]
    fn a_whole_definition_is_read() {
        let domain = parse(include_str!("../tests/transcripts/domain/q35.xml")).unwrap().remove(0);
        let said = |word: &Option<Word>| word.as_ref().unwrap().value.clone();
        assert_eq!(said(&domain.osinfo), "http://redhat.com/rhel/9.2");
        assert_eq!(
            (said(&domain.arch), said(&domain.machine)),
            ("x86_64".into(), "pc-q35-7.2".into())
        );
        assert_eq!(domain.vcpus.as_ref().unwrap().value, 4);
        assert_eq!(said(&domain.enlightened("stimer").unwrap().direct), "on");
        assert!(domain.enlightened("relaxed").is_some() && domain.feature("invtsc").is_some());
        assert_eq!(said(&domain.kvm_hidden), "on");
        assert_eq!(
            (said(&domain.ioapic_driver), said(&domain.iommu_intremap)),
            ("qemu".into(), "on".into())
        );
        assert_eq!(said(&domain.agent.unwrap().state), "connected");
        let catchup = domain.clock.unwrap().timers[0].catchup.clone().unwrap();
        assert_eq!(catchup.attributes[1].0, "slew");
        assert_eq!(domain.qemu_args[1].value, "kvm-pit.lost_tick_policy=discard");
    }

    #[test]
    fn byte_order_mark_line_ends_namespace_and_entities_do_not_matter() {
        let text = XML.replace("buster", "\n  a&amp;b ").replace('\n', "\r\n");
        let text = format!("\u{feff}{}", text.replace("<domain", "<domain xmlns='urn:x'"));
        let domain = parse(&text).unwrap().remove(0);
        let name = domain.name.as_ref().unwrap();
        assert_eq!(name.value, "a&b");
        assert_eq!(name.at, At { line: 3, column: 3, end_line: 3, end_column: 10 });
        assert_eq!(domain.timers("rtc").count(), 1);
        let utf16 = String::from_utf8_lossy(&[0xff, 0xfe, b'<', 0, b'd', 0]).into_owned();
        assert!(parse(&utf16).unwrap_err().to_string().contains("UTF-16"));
    }

    #[test]
    fn several_dumps_in_a_row_and_a_list_are_all_read() {
        let row = format!("{XML}\n{XML}");
        let domains = parse(&row).unwrap();
        assert_eq!(domains.len(), 2);
        assert_eq!(domains[1].name.as_ref().unwrap().at.line, 11);
        let list = format!("<domains>\n{XML}{XML}</domains>");
        assert_eq!(parse(&list).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_domain_is_named() {
        let error = parse("\n<network><name>default</name></network>").unwrap_err();
        assert_eq!(error.to_string(), "not a domain XML (line 2: the root is <network>)");
        assert!(matches!(parse(" "), Err(NoDomain::Broken(_))));
        let row = format!("{XML}<domain type='kvm'>\n<name>x</nam></domain>");
        assert!(matches!(parse(&row), Err(NoDomain::Broken(error)) if error.line == 10));
    }
}
