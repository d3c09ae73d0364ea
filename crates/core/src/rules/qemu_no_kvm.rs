//! See [`RULE`].

use crate::fact::{Unknown, Why};
use crate::facts::{Facts, Qemu};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// QEMU emulates the guest's CPU (TCG) instead of running it with KVM.
    ///
    /// ## Why it matters
    /// Without `-accel kvm`, `-enable-kvm` or `accel=kvm` QEMU emulates, and says nothing. The guest then has no
    /// kvm-clock and no `ptp_kvm`, and nothing brings back the PIT ticks that it misses while the host is busy;
    /// `kvm-pit` settings are accepted and do nothing.
    ///
    /// ## What to do
    /// Add `-accel kvm`, and start QEMU anew. If `/dev/kvm` is missing, enable virtualization in the firmware, or
    /// nesting on the machine's own host.
    ///
    /// ## Exceptions
    /// A guest of another architecture than its host cannot use KVM: nothing is reported. Emulation that is asked for,
    /// with `tcg` or with libvirt's `<domain type='qemu'>`, is reported as information.
    ///
    /// ## References
    /// - QEMU `system/vl.c:configure_accelerators`
    /// - QEMU `hw/i386/pc.c`: the kernel's PIT only with KVM's interrupt chips
    /// - <https://www.qemu.org/docs/master/system/introduction.html>
    "qemu-no-kvm" on Qemu {
        summary: "QEMU emulates the guest's CPU, without KVM and its clock",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu, facts: &Facts) -> Verdict {
    // Probing machines, such as libvirt's, run nothing.
    if qemu.line.accelerator() != "tcg" || qemu.line.machine().get("type") == Some("none") {
        return Ok(vec![]);
    }
    if is_foreign(qemu, facts)? {
        return Ok(vec![]);
    }
    let asked = qemu.line.accelerator_asked_for().is_some();
    let found = if asked {
        RULE.found("QEMU is told to emulate the guest's CPU").severity(Severity::Info)
    } else {
        RULE.found("no option asks for KVM, so QEMU emulates the guest's CPU")
    };
    Ok(vec![evidence(qemu, found).cure(
        "start QEMU with `-accel kvm` (in XML: `<domain type='kvm'>`)",
        Effect::GuestRestart,
        Risk::Careful,
    )])
}

fn evidence(qemu: &Qemu, found: Finding) -> Finding {
    let names = ["accel", "machine", "M"];
    let asks = qemu.line.options.iter().find(|option| {
        names.contains(&&*option.name)
            && option.value.as_deref().is_some_and(|value| value.contains("tcg"))
    });
    match asks {
        Some(option) => qemu.blame(found, option),
        None => found.saw("-accel", "absent (QEMU's default: tcg)", qemu.from.clone()),
    }
}

/// Whether the guest is of another architecture than its host, which is taken for x86 where it is not known.
fn is_foreign(qemu: &Qemu, facts: &Facts) -> Result<bool, Unknown> {
    let program = qemu.line.program.rsplit('/').next().unwrap_or_default();
    let Some(guest) = program.strip_prefix("qemu-system-") else { return Ok(false) };
    let is_x86 = |arch: &str| matches!(arch, "x86_64" | "i386" | "i686");
    match facts.host().and_then(|host| host.arch.value()) {
        Some(host) => Ok(guest != host && !(is_x86(guest) && is_x86(host))),
        None if is_x86(guest) => Ok(false),
        None => {
            Err(Unknown { unknown: Why::NotCollected, from: "the host's architecture".to_owned() })
        }
    }
}
