//! See [`RULE`].

use std::collections::BTreeMap;

use crate::facts::{Fleet, Group, Member};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A host of the run stops its guests or sends them elsewhere: its libvirt-guests saves them, it slept, or libvirt's
    /// logs of its domains tell of a save or a migration. And guests of the run have nothing that brings the lost time
    /// back: no time daemon that steps, and no agent through which anybody could set theirs.
    ///
    /// ## Why it matters
    /// After a restore or a migration the guest's clock is behind by the gap. OpenStack and KubeVirt set it through the
    /// agent, libvirt itself does not, and here nobody can. chronyd and OpenNTPD slew what they find, an hour for half a
    /// day and longer.
    ///
    /// ## What to do
    /// In the guests `makestep 1 -1` in chrony.conf, which counts for a PTP clock of the host as for any other source, or
    /// the guest agent together with `kvmtime guard` on the hosts; without that, `virsh domtime DOMAIN --now` in a hook or
    /// `SYNC_TIME=1` of libvirt-guests.
    ///
    /// ## Exceptions
    /// Guests with an agent are not judged: logs do not tell who sets their clocks. Guests whose machines are not among
    /// those of the run are not seen.
    ///
    /// ## References
    /// - libvirt `src/qemu/qemu_process.c:qemuProcessStop`: `shutting down, reason=migrated`
    /// - OpenStack nova `virt/libvirt/guest.py:sync_guest_time`; KubeVirt `pkg/virt-launcher/virtwrap/manager.go:setGuestTime`
    /// - <https://chrony-project.org/faq.html>: suspended virtual machines and `makestep 1 -1`
    /// - OpenNTPD ntpd(8), `-s`
    "fleet-no-post-migration-sync" on Fleet {
        summary: "guests are saved or moved, and nothing sets their clocks afterwards",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(fleet: &Fleet) -> Verdict {
    let mut hosts = Group::default();
    let mut behind: BTreeMap<&str, Group> = BTreeMap::new();
    let mut saw = None;
    let mut lacking = None;
    for member in &fleet.machines {
        match &member.stops_guests {
            Ok(Some(stop)) => {
                hosts.add(&member.name, &member.name);
                saw = saw.or(Some((member, stop)));
            }
            Ok(None) => {}
            Err(why) => lacking = lacking.or(Some((member, why))),
        }
        match &member.stays_behind {
            // A nested host does not stop itself.
            Ok(Some(_)) if only_stops(fleet, member) => {}
            Ok(Some(why)) => behind.entry(why).or_default().add(&member.name, &member.name),
            Ok(None) => {}
            Err(why) => lacking = lacking.or(Some((member, why))),
        }
    }
    let nobody = |is: fn(&Member) -> bool| !fleet.machines.iter().any(is);
    if nobody(|member| member.stops_guests != Ok(None))
        || nobody(|member| member.stays_behind != Ok(None))
    {
        return Ok(vec![]);
    }
    let (Some((host, stop)), false) = (saw, behind.is_empty()) else {
        return lacking.map_or(Ok(vec![]), |(member, why)| Err(member.unknown(why.clone())));
    };
    let found = RULE
        .found(
            "guests are saved or moved here, and some have nothing that brings the lost time back",
        )
        .saw_group("hosts that stop or move guests", &hosts)
        .saw(stop.what.clone(), &stop.value, format!("{}: {}", host.name, stop.from));
    let found = behind.iter().fold(found, |found, (why, group)| {
        found.saw_group(format!("guests without an agent that can set the clock; {why}"), group)
    });
    Ok(vec![found.cure(
        "write `makestep 1 -1` in the guests' chrony.conf, or set their clocks through the agent",
        Effect::Live,
        Risk::Careful,
    )])
}

/// Whether this machine and no other is known to stop its guests.
fn only_stops(fleet: &Fleet, member: &Member) -> bool {
    let stops = |member: &&Member| matches!(member.stops_guests, Ok(Some(_)));
    let mut hosts = fleet.machines.iter().filter(stops);
    hosts.next().is_some_and(|first| std::ptr::eq(first, member)) && hosts.next().is_none()
}
