//! The guest's operating system from what a domain or a command line is set up for.

use kvmtime_wire::domain::{DomainXml, is};
use kvmtime_wire::qemu::CommandLine;

use super::{Family, Os, of_id};
use crate::fact::Fact;

/// libosinfo's id if there is one, else Windows where Hyper-V enlightenments are on.
pub fn of_domain(xml: &DomainXml, path: &str) -> Fact<Os> {
    let hypervclock =
        xml.timer("hypervclock").is_some_and(|timer| is(timer.present.as_ref(), "yes"));
    let hyperv = xml.hyperv.as_ref().filter(|hyperv| !hyperv.enlightenments.is_empty());
    let named = named(xml, path);
    match (&named, hyperv) {
        (Fact::Unknown(_), Some(hyperv)) => {
            Fact::known(windows(), format!("{path}:{}", hyperv.at.line))
        }
        (Fact::Unknown(_), None) if hypervclock => Fact::known(windows(), path),
        _ => named,
    }
}

/// The system that libosinfo's id names.
pub fn named(xml: &DomainXml, path: &str) -> Fact<Os> {
    let os = xml.osinfo.as_ref().and_then(|id| Some((of_id(&id.value)?, id.at.line)));
    match os {
        Some((os, line)) => Fact::known(os, format!("{path}:{line}")),
        None => Fact::absent(format!(
            "{path}: the guest's operating system (metadata/libosinfo:libosinfo/os/@id)"
        )),
    }
}

/// Windows where Hyper-V enlightenments are on.
pub fn of_qemu(line: &CommandLine, from: &str) -> Fact<Os> {
    let cpu = line.cpu();
    if cpu.0.iter().any(|(key, value)| key.starts_with("hv-") && value != "off") {
        return Fact::known(windows(), format!("{from}: -cpu hv-…"));
    }
    Fact::absent(format!(
        "{from}: the guest's operating system (a QEMU command line does not name it)"
    ))
}

/// Some Windows; enlightenments are of use from Vista on.
fn windows() -> Os {
    Os {
        id: "windows".to_owned(),
        family: Family::Windows,
        name: "win".to_owned(),
        version: vec![],
    }
}
