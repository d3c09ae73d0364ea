//! See [`RULE`].

use crate::fact::{Unknown, Why};
use crate::facts::{Fleet, Group, Member};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The TSCs of the run's hosts differ by more than 250 ppm, and one of the hosts cannot run a guest's TSC at another
    /// rate than its own (`scaling='no'` in `virsh capabilities`).
    ///
    /// ## Why it matters
    /// A guest that counts the TSC runs at the wrong rate once it has moved to such a host, and one with a fixed TSC
    /// frequency does not start there. It is an error when guests of the run see an invariant TSC or keep time by it.
    /// kvm-clock carries its rate along.
    ///
    /// ## What to do
    /// Let guests with `invtsc` migrate only between hosts of one frequency: oVirt's filter Migration-Tsc-Frequency,
    /// KubeVirt's label `scheduling.node.kubevirt.io/tsc-frequency-N`. Or give guests the lowest frequency of hosts that
    /// all scale.
    ///
    /// ## Exceptions
    /// Hosts between which no guest migrates.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStartValidateTSC`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.4 Migration
    /// - oVirt `MigrationTscFrequencyPolicyUnit`; KubeVirt `pkg/virt-controller/watch/topology/tsc.go`
    "fleet-tsc-heterogeneous" on Fleet {
        summary: "hosts whose TSCs differ, and that cannot scale a guest's",
        severity: Warning,
        since: "0.1.0",
    }
}

/// libvirt `src/util/virhostcpu.c`, and KVM's default `tsc_tolerance_ppm`.
const TOLERANCE_PPM: u64 = 250;

fn check(fleet: &Fleet) -> Verdict {
    let mut hosts = fleet.compare(rate);
    hosts.known.sort_by_key(|(_, rate)| *rate);
    let (Some((_, slowest)), Some((_, fastest))) = (hosts.known.first(), hosts.known.last()) else {
        return hosts.verdict(vec![]);
    };
    let fixed = hosts.known.iter().any(|(_, (_, scales))| !scales);
    if !fixed || alike(slowest.0, fastest.0) {
        return hosts.verdict(vec![]);
    }
    let readers = fleet.machines.iter().filter(|member| member.reads_tsc);
    let mut reading = Group::default();
    readers.for_each(|member| reading.add(&member.name, &member.name));
    let invariant = &fleet.invariant_tsc;
    let hurts = invariant.count > 0 || reading.count > 0;
    let mut found = RULE
        .found("the hosts' TSCs differ, and not every host can scale a guest's")
        .severity(if hurts { Severity::Error } else { Severity::Warning })
        .cure(
            "let guests with `invtsc` migrate only between hosts of one frequency",
            Effect::Live,
            Risk::Manual,
        );
    for (frequency, scales, group) in rates(&hosts.known) {
        let scaling = if scales { "with scaling" } else { "without scaling" };
        #[expect(clippy::cast_precision_loss, reason = "shown with three digits behind the point")]
        let mhz = frequency as f64 / 1e6;
        found = found.saw_group(format!("hosts with a TSC of {mhz:.3} MHz, {scaling}"), &group);
    }
    if invariant.count > 0 {
        found = found.saw_group("domains with an invariant TSC", invariant);
    }
    if reading.count > 0 {
        found = found.saw_group("guests that keep time by the TSC", &reading);
    }
    Ok(vec![found])
}

fn rate(member: &Member) -> Result<Option<(u64, bool)>, Unknown> {
    let Some(tsc) = &member.tsc else { return Ok(None) };
    let from = format!("{}: whether the TSC scales", tsc.from());
    let known = tsc.get()?;
    let scales = known.scaling.ok_or(Unknown { unknown: Why::Absent, from })?;
    Ok(Some((known.frequency, scales)))
}

fn alike(slow: u64, fast: u64) -> bool {
    fast.abs_diff(slow) <= slow / 1_000_000 * TOLERANCE_PPM
}

/// Hosts of one rate, as near as makes no difference, that scale or do not.
fn rates(known: &[(&Member, (u64, bool))]) -> Vec<(u64, bool, Group)> {
    let mut all: Vec<(u64, bool, Group)> = Vec::new();
    for (member, (frequency, scales)) in known {
        let from = member.tsc.as_ref().map_or("", |tsc| tsc.from());
        let same = |(first, scaling, _): &&mut (u64, bool, Group)| {
            scaling == scales && alike(*first, *frequency)
        };
        match all.iter_mut().find(same) {
            Some((_, _, group)) => group.add(&member.name, from),
            None => {
                let mut group = Group::default();
                group.add(&member.name, from);
                all.push((*frequency, *scales, group));
            }
        }
    }
    all
}
