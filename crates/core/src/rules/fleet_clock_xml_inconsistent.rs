//! See [`RULE`].

use crate::fact::{Unknown, Why};
use crate::facts::{Clock, Fleet, Group, Kind};
use crate::finding::{Effect, Finding, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// Domains of the run whose guests are of one kind (Linux, Windows, NetBSD …; those without a paravirtual clock apart)
    /// are set up with different clocks: another offset of the RTC, another treatment of lost ticks, another set of
    /// timers. Compared is what the settings come to: a line without effect makes no difference.
    ///
    /// ## Why it matters
    /// Such guests keep time differently after a pause, under load or at boot, and a cure that was tried on one does not
    /// hold for the next. Mostly a template has been changed, and the domains that it made before have not.
    ///
    /// ## What to do
    /// Give them one block. Behind each group stands how it differs from what suits such guests. Where it makes no
    /// difference to the time that guests have, such as an HPET beside kvm-clock, it is information.
    ///
    /// ## Exceptions
    /// `<timer name='tsc'>` is not compared: it is set for single guests on purpose. Guests whose system is not known,
    /// and those that do not run on x86 under KVM, are left out.
    ///
    /// ## References
    /// - <https://libvirt.org/formatdomain.html#time-keeping>
    /// - virt-manager `virtinst/domain/clock.py`, OpenStack nova `virt/libvirt/driver.py:_set_clock`, oVirt
    ///   `LibvirtVmXmlBuilder.writeClock`: what they write for each kind of guest
    "fleet-clock-xml-inconsistent" on Fleet {
        summary: "domains of one kind whose clocks are set up differently",
        severity: Warning,
        since: "0.1.0",
    }
}

/// More groups than these tell nobody more.
const SHOWN: usize = 6;

fn check(fleet: &Fleet) -> Verdict {
    let mut found = Vec::new();
    let mut kinds: Vec<Kind> = fleet.clocks.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    for kind in kinds {
        let all = fleet.clocks.iter().filter(|((of, _), _)| *of == kind);
        let mut groups: Vec<(Clock, &Group)> = all.map(|((_, clock), group)| (*clock, group)).collect();
        if groups.len() > 1 {
            groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
            found.push(inconsistent(kind, &groups));
        }
    }
    if found.is_empty() && fleet.nameless.count > 0 && fleet.domains > 1 {
        let from = format!("the operating system of {} (libosinfo:os/@id)", fleet.nameless);
        return Err(Unknown { unknown: Why::Absent, from });
    }
    Ok(found)
}

fn inconsistent(kind: Kind, groups: &[(Clock, &Group)]) -> Finding {
    let profile = Clock::of_profile(kind);
    let (most, _) = groups[0];
    let decides = groups.iter().any(|(clock, _)| clock.decides_beside(most, kind));
    let domains: usize = groups.iter().map(|(_, group)| group.count).sum();
    let found = RULE
        .found(format!(
            "{domains} domains that run {} are set up with {} different clocks",
            kind.name,
            groups.len()
        ))
        .severity(if decides { Severity::Warning } else { Severity::Info });
    let shown = groups.iter().take(SHOWN);
    let found = shown.fold(found, |found, (clock, group)| {
        let beside = match clock.beside(profile).as_slice() {
            [] => "as suits them".to_owned(),
            words => format!("unlike what suits them: {}", words.join(", ")),
        };
        let number = group.count;
        found.saw(
            format!("{}: {clock}", kind.name),
            format!("{number}: {group} ({beside})"),
            group.from(),
        )
    });
    let found = match groups.get(SHOWN..) {
        Some(rest @ [(_, first), ..]) => {
            let number: usize = rest.iter().map(|(_, group)| group.count).sum();
            found.saw("other clocks", format!("{} of {number} domains", rest.len()), first.from())
        }
        _ => found,
    };
    found.cure(
        format!("give them all one `<clock>`: {profile}"),
        Effect::GuestRestart,
        Risk::Manual,
    )
}
