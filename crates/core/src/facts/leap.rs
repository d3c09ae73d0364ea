//! What a machine's clock does at a leap second.

use super::Machine;
use super::servers::Smear;
use crate::fact::Unknown;

/// What a clock does at a leap second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeapPolicy {
    /// Its servers spread the second, and it follows them.
    Smeared(Smear),
    /// It is stepped by a second.
    Stepped,
    /// The same if its servers announce the second, which is not known of them.
    AsTold,
    /// It is off by a second at first, and slewed.
    Slewed,
    /// It is off by a second until the daemon's usual correction.
    Ignored,
}

impl LeapPolicy {
    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Smeared(smear) => smear.words(),
            Self::Stepped => "stepped by a second",
            Self::AsTold => "stepped by a second, if the servers announce it",
            Self::Slewed => "slewed from the leap second on",
            Self::Ignored => "off by a second until the usual correction",
        }
    }

    /// Whether two clocks are certain to differ.
    pub fn differs(self, other: Self) -> bool {
        let told = |a, b| a == Self::AsTold && matches!(b, Self::Stepped | Self::Smeared(_));
        self != other && !told(self, other) && !told(other, self)
    }
}

impl Machine {
    /// What the clock does at a leap second; none where no daemon with servers keeps it. A guest that follows its host's
    /// clock alone does what the host does.
    ///
    /// # Errors
    /// As [`Self::time_sources`].
    pub fn leap_policy(&self) -> Result<Option<LeapPolicy>, Unknown> {
        let sources = self.time_sources()?.complete()?;
        let Some(first) = sources.iter().find(|source| !source.is_refclock()) else {
            return Ok(None);
        };
        let smears = sources.iter().filter_map(|s| Some(s.operator()?.smear)).collect::<Vec<_>>();
        if let Some(smear) = smears.iter().find(|smear| **smear != Smear::None) {
            return Ok(Some(LeapPolicy::Smeared(*smear)));
        }
        let stepped = if smears.is_empty() { LeapPolicy::AsTold } else { LeapPolicy::Stepped };
        let conf = self.chrony.conf.value();
        let mode = conf.and_then(|conf| conf.last("leapsecmode")?.args.first());
        Ok(Some(match (first.daemon, mode.map(String::as_str)) {
            ("chronyd", Some("slew")) => LeapPolicy::Slewed,
            ("chronyd", Some("ignore")) => LeapPolicy::Ignored,
            // OpenNTPD's client.c:client_dispatch looks at the leap indicator only for `not synchronised`.
            ("OpenNTPD", _) => LeapPolicy::Ignored,
            _ => stepped,
        }))
    }
}
