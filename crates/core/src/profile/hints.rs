//! The guest's operating system from what a domain or a command line is set up for.

use kvmtime_wire::domain::{DomainXml, is};
use kvmtime_wire::qemu::CommandLine;

use super::{Family, Os, of_id};
use crate::fact::Fact;

/// libosinfo's id if there is one, else Windows where Hyper-V enlightenments are on.
pub fn of_domain(xml: &DomainXml, path: &str) -> Fact<Os> {
    if let Some(id) = &xml.osinfo
        && let Some(os) = of_id(&id.value)
    {
        return Fact::known(os, format!("{path}:{}", id.at.line));
    }
    let hypervclock =
        xml.timer("hypervclock").is_some_and(|timer| is(timer.present.as_ref(), "yes"));
    let hyperv = xml.hyperv.as_ref().filter(|hyperv| !hyperv.enlightenments.is_empty());
    match (hyperv, hypervclock) {
        (Some(hyperv), _) => Fact::known(windows(), format!("{path}:{}", hyperv.at.line)),
        (None, true) => Fact::known(windows(), path),
        (None, false) => Fact::absent(format!(
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
