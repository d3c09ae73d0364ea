//! `<timer name='tsc'>`: the rate of the time stamp counter.

use kvmtime_wire::capabilities::Tsc;
use kvmtime_wire::domain::{Timer, Word};

use super::draft::{Draft, Step};
use super::timer::path;

/// Parts per million that KVM and libvirt pass over. Source: libvirt `qemu_process.c:TSC_TOLERANCE`.
const TOLERANCE: u64 = 250;

/// Source: libvirt `qemu_command.c:qemuBuildCpuCommandLine`.
pub(super) fn read(draft: &mut Draft<'_>, timer: &Timer) {
    let ignored = [
        ("tickpolicy", &timer.tickpolicy, "a counter has no ticks to lose"),
        ("mode", &timer.mode, "only Xen uses it"),
        ("present", &timer.present, "the TSC stays"),
    ];
    for (name, word, device) in ignored {
        if let Some(word) = word {
            draft.nothing(path("tsc", name), word, device);
        }
    }
    if let Some(word) = &timer.present {
        foreign(draft, "tsc", word);
    }
    if let Some(word) = &timer.frequency {
        frequency(draft, word);
    }
}

/// A clock of x86 on another architecture. Source: libvirt `qemu_validate.c:qemuValidateDomainDefClockTimers`.
pub(super) fn foreign(draft: &mut Draft<'_>, name: &str, present: &Word) {
    if draft.domain.is_x86() || present.value != "yes" {
        return;
    }
    let message = unsupported(draft, name);
    draft.refuse(Step::ValidateTimers, present.at, message);
}

/// What libvirt says of a timer that this machine cannot have.
pub(super) fn unsupported(draft: &Draft<'_>, name: &str) -> String {
    let virt_type = draft.domain.virt_type.as_ref().map_or("kvm", |word| &*word.value);
    let (arch, machine) = (draft.arch(), draft.machine_type());
    format!(
        "unsupported configuration: Configuring the '{name}' timer is not supported for virtType={virt_type} \
         arch={arch} machine={machine} guests"
    )
}

fn frequency(draft: &mut Draft<'_>, word: &Word) {
    let path = path("tsc", "frequency");
    let hz = draft.number(&word.value).unwrap_or_default();
    if hz == 0 {
        return draft.nothing(path, word, "0 says nothing: the guest gets the host's rate");
    }
    // libvirt looks at the first frequency alone, and passes on all.
    let asked = draft.domain.timers("tsc").filter_map(|timer| timer.frequency.as_ref());
    let first = asked.into_iter().find(|word| draft.number(&word.value).is_some_and(|hz| hz > 0));
    if first.is_some_and(|first| first.at == word.at)
        && let Some(message) = draft.host.tsc.as_ref().and_then(|tsc| out_of_range(hz, tsc))
    {
        draft.refuse(Step::StartTsc, word.at, message);
    }
    let property = format!("tsc-frequency={hz}");
    draft.cpu.push(property.clone());
    draft.emitted(path, word, property, device(draft, hz));
}

/// Source: libvirt `qemu_process.c:qemuProcessStartValidateTSC`.
fn out_of_range(hz: u64, tsc: &Tsc) -> Option<String> {
    let host = tsc.frequency;
    let (least, most) = tolerated(host);
    let refused = tsc.scaling == Some(false) && !(least..=most).contains(&hz);
    refused.then(|| {
        format!(
            "unsupported configuration: Requested TSC frequency {hz} Hz is outside tolerance range ([{least}, {most}] \
             Hz) around host frequency {host} Hz and TSC scaling is not supported by the host CPU"
        )
    })
}

/// Whether KVM passes over the difference.
pub(crate) fn tolerates(host: u64, wanted: u64) -> bool {
    let (least, most) = tolerated(host);
    (least..=most).contains(&wanted)
}

fn tolerated(host: u64) -> (u64, u64) {
    let tolerance = host.saturating_mul(TOLERANCE) / 1_000_000;
    (host - tolerance, host.saturating_add(tolerance))
}

fn device(draft: &Draft<'_>, hz: u64) -> &'static str {
    if !draft.domain.is_kvm() {
        return "without KVM only what CPUID says of the rate changes";
    }
    let Some(tsc) = &draft.host.tsc else {
        return "the guest is told this rate; QEMU ends if the host runs at another and cannot scale";
    };
    match (hz == tsc.frequency, tolerates(tsc.frequency, hz)) {
        (true, _) => {
            "the guest is told the host's rate, and the CPU may migrate with an invariant TSC"
        }
        (_, true) => {
            "the guest is told this rate and gets the host's: KVM does not scale within 250 ppm"
        }
        _ => "KVM scales the counter to this rate",
    }
}
