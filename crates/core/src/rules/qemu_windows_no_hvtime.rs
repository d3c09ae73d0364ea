//! See [`RULE`].

use crate::facts::{Facts, Qemu};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A Windows guest under KVM gets no `hv-time`, Hyper-V's reference counter.
    ///
    /// ## Why it matters
    /// Windows then reads its performance counter from the HPET or the ACPI timer, and each read leaves the guest for
    /// QEMU. `hv-time` is to Windows what kvm-clock is to Linux: a page of memory that is read without leaving.
    ///
    /// ## What to do
    /// Add `hv-time` to `-cpu`, with the enlightenments that go with it: `hv-relaxed,hv-vapic,hv-spinlocks=0x1fff`,
    /// `hv-vpindex,hv-synic,hv-stimer`, `hv-runtime,hv-frequencies`. Start QEMU anew. `hv-stimer` needs `hv-time`,
    /// `hv-synic` and `hv-vpindex`.
    ///
    /// ## Exceptions
    /// Windows before Vista and Server 2008 does not use the counter.
    ///
    /// ## References
    /// - QEMU `docs/system/i386/hyperv.rst`
    /// - <https://www.qemu.org/docs/master/system/i386/hyperv.html>
    /// - <https://learn.microsoft.com/en-us/windows/win32/sysinfo/acquiring-high-resolution-time-stamps>
    "qemu-windows-no-hvtime" on Qemu {
        summary: "a Windows guest has no Hyper-V reference counter",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(qemu: &Qemu, _: &Facts) -> Verdict {
    let cpu = qemu.line.cpu();
    let kvm = qemu.line.is_x86() && qemu.line.accelerator() == "kvm";
    if !kvm || cpu.on("hv-time") || cpu.on("hv-passthrough") {
        return Ok(vec![]);
    }
    if !qemu.os.get()?.uses_hyperv_clock() {
        return Ok(vec![]);
    }
    let found = RULE.found("Windows has no Hyper-V reference counter to read time from").cure(
        "add `hv-time` to `-cpu` (in XML: `<timer name='hypervclock' present='yes'/>`)",
        Effect::GuestRestart,
        Risk::Careful,
    );
    Ok(vec![match qemu.line.last("cpu") {
        Some(option) => qemu.blame(found, option),
        None => found.saw("-cpu", "absent", qemu.from.clone()),
    }])
}
