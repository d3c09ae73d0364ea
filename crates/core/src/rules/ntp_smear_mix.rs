//! See [`RULE`].

use crate::facts::servers::Smear;
use crate::facts::{Facts, Machine, TimeSource};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A time daemon may follow sources that disagree about leap seconds: servers that smear beside others that do not,
    /// servers that smear differently, or a table of leap seconds (`leapsectz`, `leapseclist`, ntpd's `leapfile`) beside
    /// servers that smear. Known are Google's, Amazon's and Meta's servers, which smear, and those of the NTP pool with
    /// all its zones, of NIST and of Cloudflare, and Amazon's PTP clock, which do not.
    ///
    /// ## Why it matters
    /// Around a leap second the sources differ by up to a second for most of a day. The daemon takes one side for
    /// falsetickers, perhaps changes sides, and its clock jumps or swings. With a table of its own it applies the second
    /// that its servers have spread already.
    ///
    /// ## What to do
    /// Name servers of one kind only. With servers that smear take `leapsectz`, `leapseclist` and `leapfile` out.
    ///
    /// ## Exceptions
    /// Sources that are only watched, `noselect`. Servers of which it is not known what they do are not judged.
    ///
    /// ## References
    /// - <https://developers.google.com/time/smear>: 24 hours, linear, from noon to noon
    /// - <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html>: NTP smears, the PTP clock does not
    /// - <https://engineering.fb.com/2022/07/25/production-engineering/its-time-to-leave-the-leap-second-in-the-past/>
    /// - <https://developers.cloudflare.com/time-services/ntp/>
    /// - <https://chrony-project.org/doc/latest/chrony.conf.html>: `leapsectz`, `leapseclist`, `smoothtime`
    "ntp-smear-mix" on Machine {
        summary: "time sources that disagree about leap seconds",
        severity: Error,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let sources = machine.time_sources()?;
    let mut daemons: Vec<&str> = sources.all.iter().map(|source| source.daemon).collect();
    daemons.dedup();
    let of = |daemon| of_daemon(machine, daemon, &sources.all);
    let found = daemons.into_iter().filter_map(of).collect();
    sources.verdict(found)
}

fn of_daemon(machine: &Machine, daemon: &str, sources: &[TimeSource<'_>]) -> Option<Finding> {
    let of = |source: &TimeSource<'_>| Some(source.operator()?.smear);
    let known = sources.iter().filter(|source| source.daemon == daemon && of(source).is_some());
    let known: Vec<&TimeSource<'_>> = known.collect();
    let first = of(known.first()?)?;
    if let Some(other) = known.iter().find(|source| of(source) != Some(first)) {
        let says = |source: &TimeSource<'_>| {
            let words = source.operator().map(|by| format!("{}: {}", by.name, by.smear.words()));
            format!("`{}` ({})", source.name, words.unwrap_or_default())
        };
        let (one, two) = (says(known[0]), says(other));
        let found = RULE.found(format!(
            "the sources of `{daemon}` disagree about leap seconds: {one} and {two}"
        ));
        let found = other.blame(known[0].blame(found));
        return Some(found.cure(
            "name servers of one kind only, and restart the daemon",
            Effect::Live,
            Risk::Careful,
        ));
    }
    if first == Smear::None {
        return None;
    }
    let (conf, tables) = match daemon {
        "chronyd" => (&machine.chrony.conf, &["leapsectz", "leapseclist"][..]),
        "ntpd" => (&machine.ntp.conf, &["leapfile"][..]),
        _ => return None,
    };
    let table = conf.value()?.0.iter().find(|line| tables.contains(&line.name.as_str()))?;
    let found = RULE.found(format!(
        "the servers of `{daemon}` smear leap seconds, and it applies those of a table as well"
    ));
    Some(known[0].blame(found).blame(table).cure(
        format!("take `{}` out, and restart the daemon", table.name),
        Effect::Live,
        Risk::Careful,
    ))
}
