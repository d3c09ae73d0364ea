//! See [`RULE`].

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// chronyd or ntpd marks NTP servers as falsetickers (`x`): what they say does not overlap with the majority.
    ///
    /// ## Why it matters
    /// Such a server is outvoted and does no harm, but counts no more. With two sources left a single wrong one cannot be
    /// told from a right one; where no majority is left the daemon follows nobody.
    ///
    /// ## What to do
    /// Take the server out, or find what is wrong with the way to it: a path that is slower in one direction looks like
    /// that. Have four sources, so that one may be wrong.
    ///
    /// ## Exceptions
    /// While the daemon follows another source the finding is information. Servers that a PHC is believed against are
    /// told by `guest-phc-trusts-unsynced-host`.
    ///
    /// ## References
    /// - chronyc(1), `sources`; chrony `sources.c:SRC_SelectSource`
    /// - <https://www.ntp.org/documentation/4.2.8-series/select/>
    /// - RFC 8633, 3.2: use enough time sources
    "falseticker-among-sources" on Machine {
        summary: "a time source contradicts the others",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let (chrony, ntp) = (&machine.chrony.sources, &machine.ntp.peers);
    let (names, followed, from) = if let Some(sources) = chrony.optional()? {
        let server = |mode| mode != '#';
        let wrong = sources.iter().filter(|s| server(s.mode) && s.state == 'x' && s.reach != 0);
        let followed = sources.iter().find(|source| source.state == '*');
        // The PHC against all servers.
        if followed.is_some_and(|source| !server(source.mode))
            && sources.iter().all(|source| !server(source.mode) || matches!(source.state, 'x' | '?'))
        {
            return Ok(vec![]);
        }
        let names: Vec<&str> = wrong.map(|source| source.name.as_str()).collect();
        (names, followed.is_some(), chrony.from())
    } else if let Some(peers) = ntp.optional()? {
        let wrong = peers.iter().filter(|peer| peer.tally == 'x' && peer.reach != 0);
        let followed = peers.iter().any(|peer| matches!(peer.tally, '*' | 'o'));
        (wrong.map(|peer| peer.remote.as_str()).collect(), followed, ntp.from())
    } else {
        return Ok(vec![]);
    };
    if names.is_empty() {
        return Ok(vec![]);
    }
    let list = names.join("`, `");
    let (message, severity) = if followed {
        (format!("the majority of the time sources contradicts `{list}`"), Severity::Info)
    } else {
        (format!("no time source is followed, as they contradict each other: `{list}`"), Severity::Warning)
    };
    Ok(vec![
        RULE.found(message)
            .severity(severity)
            .saw("falsetickers", names.join(" "), from)
            .cure("take wrong servers out, and have four that agree", Effect::Live, Risk::Careful),
    ])
}
