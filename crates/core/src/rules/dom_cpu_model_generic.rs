//! See [`RULE`].

use kvmtime_wire::domain::is;

use crate::facts::Domain;
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::profile::Family;

crate::rule! {
    /// ## What it checks
    /// The guest's CPU is QEMU's generic one: there is no `<cpu>`, or its model is `qemu64`, `qemu32`, `kvm64` or
    /// `kvm32`.
    ///
    /// ## Why it matters
    /// That CPU lacks what timekeeping makes use of: `tsc-deadline` for precise timer interrupts, `rdtscp`, and an
    /// invariant TSC. FreeBSD needs `rdtscp` to read KVM's clock without a system call.
    ///
    /// ## What to do
    /// Write `<cpu mode='host-model'/>`, or `host-passthrough` where all hosts have the same CPU; shut the guest down
    /// and start it.
    ///
    /// ## Exceptions
    /// Guests under TCG, and guests that must run on very different hosts.
    ///
    /// ## References
    /// - QEMU `target/i386/cpu.c`, model `qemu64`
    /// - FreeBSD kvmclock(4)
    /// - <https://libvirt.org/formatdomain.html#cpu-model-and-topology>
    "dom-cpu-model-generic" on Xml {
        summary: "QEMU's generic CPU lacks features that timekeeping makes use of",
        severity: Info,
        since: "0.1.0",
    }
}

const GENERIC: [&str; 4] = ["qemu64", "qemu32", "kvm64", "kvm32"];

fn check(domain: &Domain) -> Vec<Finding> {
    let xml = &domain.xml;
    let given = xml.qemu_args.iter().any(|arg| arg.value == "-cpu");
    if given || !xml.is_kvm_x86() {
        return vec![];
    }
    let mode = xml.cpu.as_ref().and_then(|cpu| cpu.mode.as_ref());
    let model = xml.cpu.as_ref().and_then(|cpu| cpu.model.as_ref());
    let named = model.is_some_and(|model| !GENERIC.contains(&model.value.as_str()));
    if named || mode.is_some() && !is(mode, "custom") {
        return vec![];
    }
    let added = |name| xml.requires(name).is_some();
    if added("tsc-deadline") && added("rdtscp") {
        return vec![];
    }
    let freebsd = domain.os.value().is_some_and(|os| {
        os.family == Family::Freebsd && os.reads_kvm_clock() && !added("rdtscp")
    });
    let found = RULE
        .found("the guest has QEMU's generic CPU, without `tsc-deadline` and `rdtscp`")
        .severity(if freebsd { Severity::Warning } else { Severity::Info })
        .cure("write `<cpu mode='host-model'/>`", Effect::GuestRestart, Risk::Careful);
    vec![match model {
        Some(model) => domain.blame(found, "cpu/model", model),
        None => domain.lacks(found, "cpu/model", xml.cpu.as_ref().map_or(xml.at, |cpu| cpu.at)),
    }]
}
