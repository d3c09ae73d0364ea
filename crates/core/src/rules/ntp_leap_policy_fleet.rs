//! See [`RULE`].

use std::collections::BTreeMap;

use crate::facts::{Fleet, LeapPolicy};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The machines of a run treat a leap second differently: some follow servers that smear it, some step, some slew
    /// (chrony's `leapsecmode`), some leave it to the usual correction.
    ///
    /// ## Why it matters
    /// Around a leap second their clocks differ by up to a second, for minutes to most of a day: between a host and its
    /// guests as well as between the members of a cluster.
    ///
    /// ## What to do
    /// Give all of them the same servers and the same `leapsecmode`. Where no clock may step, let servers of your own
    /// smear: chrony's `leapsecmode slew` with `smoothtime 400 0.001024 leaponly`.
    ///
    /// ## Exceptions
    /// Of servers that are not known the rule assumes nothing: whoever steps when told may be told nothing by a server
    /// that smears. A guest that follows its host's clock alone does as the host does, and is not compared.
    ///
    /// ## References
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `leapsecmode`, `smoothtime`
    /// - <https://developers.google.com/time/smear>
    /// - OpenNTPD `client.c:client_dispatch`
    "ntp-leap-policy-fleet" on Fleet {
        summary: "machines that treat a leap second differently",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(fleet: &Fleet) -> Verdict {
    let compared = fleet.compare(|member| member.leap.clone());
    let groups: BTreeMap<LeapPolicy, _> = compared.groups(|member| member.name.clone());
    let differ =
        groups.keys().any(|one| groups.keys().any(|other| one.differs(*other)));
    let found = differ.then(|| {
        let found = RULE.found("a leap second makes the clocks of these machines differ");
        let found = groups.iter().fold(found, |found, (policy, group)| {
            found.saw_group(format!("the clock is {}", policy.words()), group)
        });
        found.cure("give them the same servers and the same `leapsecmode`", Effect::Live, Risk::Manual)
    });
    compared.verdict(found.into_iter().collect())
}
