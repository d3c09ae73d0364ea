//! See [`RULE`].

use crate::budget::shown;
use crate::reading::Verdict::{Exceeded, Kept, Unproven};
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk, Severity};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The clock is further off than the budget that was asked for (`check --budget`): certainly, when the reported
    /// offset less its bound is above the budget; or it cannot be shown that it is not, when offset and bound together
    /// are. Offset and bound are those of chronyd (`tracking`: system time, root dispersion + root delay / 2), of ntpd
    /// (`rv`: offset, and the same sum), or of systemd-timesyncd (offset, and root distance + 15 ppm of the time since
    /// its last answer). A bound is that of the whole way to the reference clock, if the reference clock is right.
    ///
    /// ## Why it matters
    /// | budget | the error at which it fails | what then happens |
    /// |---|---|---|
    /// | `ceph` | 50 ms between monitors | health warning MON_CLOCK_SKEW (`mon_clock_drift_allowed`) |
    /// | `etcd` | 1 s between members | `prober found high clock drift`; leases and logs lie |
    /// | `cockroachdb` | 400 ms between nodes | the node ends itself: 80 % of `--max-offset`, which is 500 ms |
    /// | `kerberos` | 300 s between client and KDC | `Clock skew too great` |
    /// | `aws-sigv4` | 300 s from AWS | the request is refused; S3 bears 900 s |
    /// | `tls` | 3600 s | certificates issued just now are not valid yet: CAs date them back by about an hour |
    ///
    /// Where machines are compared with each other each may use half: two that are off in opposite directions differ by
    /// the sum. The half is what must be shown to hold, the whole what is certainly too much.
    ///
    /// ## What to do
    /// Offset too large: see why the daemon does not correct it; after a pause let it step (`makestep 1 -1`). Bound too
    /// large: take nearer sources or the host's clock (`ptp_kvm`), poll more often, see `chronyc sources`.
    ///
    /// ## Exceptions
    /// Without `--budget` nothing is judged. Where no daemon follows a source and tells its error the rule is skipped:
    /// other rules speak of that.
    ///
    /// ## References
    /// - chronyc(1), `tracking`; RFC 5905, root distance; <https://www.ntp.org/documentation/4.2.8-series/ntpq/>
    /// - <https://docs.ceph.com/en/latest/rados/operations/health-checks/#mon-clock-skew>
    /// - etcd `server/etcdserver/api/rafthttp/probing_status.go:monitorProbingStatus`
    /// - <https://www.cockroachlabs.com/docs/stable/operational-faqs#what-happens-when-node-clocks-are-not-properly-synchronized>
    /// - krb5.conf(5), `clockskew`; RFC 4120
    /// - <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
    /// - RFC 5280, 4.1.2.5; <https://community.letsencrypt.org/t/time-zone-considerations-needed-for-certificates/23130>
    "clock-error-exceeds-budget" on Machine {
        summary: "the clock is further off than what runs here bears",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, facts: &Facts) -> Verdict {
    let Some(budget) = &facts.budget else { return Ok(vec![]) };
    let error = machine.clock_error()?;
    let (whom, words) = (budget.for_whom(), error.words());
    let (limit, safe) = (shown(budget.limit.secs()), shown(budget.safe.secs()));
    let (found, cure) = match budget.verdict(error.interval()) {
        Exceeded => {
            let message = format!("the clock is off by {words}, and the budget{whom} is {limit}");
            (RULE.found(message), "see why the time daemon does not correct the offset")
        }
        Unproven => {
            let message =
                format!("it cannot be shown that the clock keeps within {safe}{whom}: {words}");
            let cure = "give the time daemon nearer sources, or the host's clock";
            (RULE.found(message).severity(Severity::Warning), cure)
        }
        Kept => return Ok(vec![]),
    };
    Ok(vec![
        found
            .saw("offset ± bound", words, error.from.clone())
            .saw("bound", error.bound_is, error.from)
            .saw("budget", format!("{limit}: {}", budget.reason), &budget.name)
            .cure(cure, Effect::Live, Risk::Careful),
    ])
}
