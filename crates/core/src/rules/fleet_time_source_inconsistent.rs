//! See [`RULE`].

use std::collections::BTreeSet;

use crate::facts::{Fleet, Group, Member};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The hosts of the run, or its guests, fall into groups whose configurations have no time source in common. The
    /// servers of one operator count as one, all zones of the NTP pool among them.
    ///
    /// ## Why it matters
    /// Within a group the servers' agreement bounds how far two clocks can be apart. Between groups nothing does: each may
    /// be right by its own servers. Mostly some machines have been left out when the servers changed.
    ///
    /// ## What to do
    /// Give all of them one list of sources, by the configuration management.
    ///
    /// ## Exceptions
    /// Hosts are compared with hosts and guests with guests, since guests often follow servers that the hosts do not.
    /// Machines that name no server, because DHCP or a clock of the host tells them the time, are not compared.
    ///
    /// ## References
    /// - <https://chrony-project.org/faq.html>: how many servers should be used
    /// - <https://cloud.google.com/compute/docs/instances/configure-ntp>
    "fleet-time-source-inconsistent" on Fleet {
        summary: "machines without a time source in common",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(fleet: &Fleet) -> Verdict {
    let mut found = vec![];
    let mut lacking = None;
    for (role, is) in [
        ("hosts", (|member: &Member| member.is_host) as fn(&Member) -> bool),
        ("guests", |member| member.is_guest && !member.is_host),
    ] {
        let named = |member: &'_ Member| match is(member) {
            true => member.sources.clone().map(|all| Some(all).filter(|all| !all.is_empty())),
            false => Ok(None),
        };
        let compared = fleet.compare(named);
        let groups = groups(&compared.known);
        let finding = (groups.len() > 1).then(|| inconsistent(role, &groups));
        match compared.verdict(finding.into_iter().collect()) {
            Ok(more) => found.extend(more),
            Err(why) => lacking = lacking.or(Some(why)),
        }
    }
    match lacking {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}

/// Machines that are linked by sources, each group with its sources.
fn groups(known: &[(&Member, BTreeSet<String>)]) -> Vec<(BTreeSet<String>, Group)> {
    let mut all: Vec<(BTreeSet<String>, Vec<&Member>)> = Vec::new();
    for (member, sources) in known {
        let (linked, apart): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(others, _)| !others.is_disjoint(sources));
        all = apart;
        let mut group = (sources.clone(), vec![*member]);
        for (sources, members) in linked {
            group.0.extend(sources);
            group.1.extend(members);
        }
        all.push(group);
    }
    let mut all: Vec<(BTreeSet<String>, Group)> = all
        .into_iter()
        .map(|(sources, members)| {
            let mut group = Group::default();
            members.iter().for_each(|member| group.add(&member.name, &member.name));
            (sources, group)
        })
        .collect();
    all.sort_by(|(a, one), (b, other)| other.count.cmp(&one.count).then_with(|| a.cmp(b)));
    all
}

/// More groups, and more sources of one, than these tell nobody more.
const SHOWN: usize = 6;

fn inconsistent(role: &str, groups: &[(BTreeSet<String>, Group)]) -> Finding {
    let found = RULE.found(format!(
        "the {role} fall into {} groups that have no time source in common",
        groups.len()
    ));
    let shown = groups.iter().take(SHOWN);
    let found = shown.fold(found, |found, (sources, group)| {
        let names: Vec<&str> = sources.iter().take(SHOWN).map(String::as_str).collect();
        let more = if sources.len() > SHOWN { ", …" } else { "" };
        found.saw_group(format!("{role} that follow {}{more}", names.join(", ")), group)
    });
    let found = match groups.get(SHOWN..) {
        Some(rest @ [(_, first), ..]) => {
            let number: usize = rest.iter().map(|(_, group)| group.count).sum();
            found.saw("other groups", format!("{} of {number} {role}", rest.len()), first.from())
        }
        _ => found,
    };
    found.cure("give all of them one list of sources", Effect::Live, Risk::Manual)
}
