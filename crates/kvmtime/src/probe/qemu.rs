//! QEMU command lines.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Domain, Qemu, Source};
use kvmtime_wire::ps::Process;
use kvmtime_wire::qemu;
use kvmtime_wire::text::ParseError;

use super::processes;
use crate::world::World;

/// The command line in a text that came from `path`.
pub(crate) fn of_text(text: &str, path: &str) -> Result<Qemu, ParseError> {
    Ok(Qemu::of_file(path, qemu::parse(text)?, Source::new(text)))
}

/// The command lines of the QEMU processes among these: exact from `/proc`, else as ps(1) shows them.
/// Which system a guest runs libvirt's domain of its name knows best.
pub(super) fn of_processes(
    world: &World,
    all: &Fact<Vec<Process>>,
    domains: &[Domain],
) -> Vec<Qemu> {
    let is_qemu =
        |name: &str| name.starts_with("qemu-system-") || matches!(name, "qemu-kvm" | "kvm");
    processes::of(all, is_qemu)
        .filter_map(|process| {
            let argv = world.text(&format!("/proc/{}/cmdline", process.pid));
            let line = match argv.value() {
                Some(argv) => qemu::from_argv(argv),
                None => qemu::parse(&process.command).ok()?,
            };
            // libvirt asks QEMU what it can do by a machine that runs nothing.
            let guest = line.machine().get("type") != Some("none");
            let mut qemu = guest.then(|| Qemu::of_process(process.pid, line))?;
            let domain = domains.iter().find(|domain| domain.name == qemu.name);
            if let Some(os @ Fact::Known { .. }) = domain.map(|domain| &domain.os) {
                qemu.os = os.clone();
            }
            Some(qemu)
        })
        .collect()
}
