//! Public time servers, and what they do with a leap second. Who is not listed is not known, and nothing is guessed of
//! him: Apple, Microsoft, Alibaba and the distributions' own servers say nothing, and a private server may do anything.

/// What a server does with a leap second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Smear {
    /// It serves UTC, and announces the second.
    None,
    /// 24 hours, linear, from noon to noon UTC around the second.
    Day,
    /// 17 hours, quadratic, from the second on.
    After,
}

impl Smear {
    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "UTC with its leap seconds",
            Self::Day => "smeared over 24 hours, linear, from noon to noon UTC",
            Self::After => "smeared over 17 hours, quadratic, from 00:00 UTC on",
        }
    }
}

/// Who runs a public time service.
#[derive(Debug)]
pub struct Operator {
    /// His name for it.
    pub name: &'static str,
    /// What it does with a leap second.
    pub smear: Smear,
    /// Names and addresses; one that begins with a point stands for all that end so.
    servers: &'static [&'static str],
}

static OPERATORS: [Operator; 7] = [
    // https://developers.google.com/time/smear; the addresses are those that the names resolve to.
    // https://cloud.google.com/compute/docs/instances/configure-ntp for the metadata server, whose address has other uses
    // in other clouds.
    Operator {
        name: "Google",
        smear: Smear::Day,
        servers: &[
            "time.google.com",
            "time1.google.com",
            "time2.google.com",
            "time3.google.com",
            "time4.google.com",
            "metadata.google.internal",
            "216.239.35.0",
            "216.239.35.4",
            "216.239.35.8",
            "216.239.35.12",
            "2001:4860:4806::",
            "2001:4860:4806:4::",
            "2001:4860:4806:8::",
            "2001:4860:4806:c::",
        ],
    },
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html: NTP and time.aws.com smear; the shape:
    // https://aws.amazon.com/blogs/aws/look-before-you-leap-the-coming-leap-second-and-aws/
    Operator {
        name: "Amazon Time Sync",
        smear: Smear::Day,
        servers: &["169.254.169.123", "fd00:ec2::123", "time.aws.com"],
    },
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html: "does not smear time"
    Operator { name: "Amazon's PTP clock", smear: Smear::None, servers: &["/dev/ptp_ena"] },
    // https://engineering.fb.com/2022/07/25/production-engineering/its-time-to-leave-the-leap-second-in-the-past/
    Operator {
        name: "Meta",
        smear: Smear::After,
        servers: &[
            "time.facebook.com",
            "time1.facebook.com",
            "time2.facebook.com",
            "time3.facebook.com",
            "time4.facebook.com",
            "time5.facebook.com",
        ],
    },
    // Smearing servers are not admitted, whatever the zone is called (debian.pool.ntp.org, amazon.pool.ntp.org):
    // https://github.com/jauderho/public-ntp-servers/issues/36, by one who set the pool up;
    // https://developers.cloudflare.com/time-services/ntp/ says the same.
    Operator { name: "the NTP pool", smear: Smear::None, servers: &[".pool.ntp.org"] },
    // https://www.nist.gov/pml/time-and-frequency-division/time-distribution/internet-time-service-its: it sends 23:59:59
    // twice.
    Operator { name: "NIST", smear: Smear::None, servers: &[".nist.gov"] },
    // https://developers.cloudflare.com/time-services/ntp/
    Operator {
        name: "Cloudflare",
        smear: Smear::None,
        servers: &[
            "time.cloudflare.com",
            "162.159.200.1",
            "162.159.200.123",
            "2606:4700:f1::1",
            "2606:4700:f1::123",
        ],
    },
];

/// Who runs a server, by its name in any case, its address or, of a reference clock, its path.
pub fn operator(server: &str) -> Option<&'static Operator> {
    let server = server.trim_end_matches('.').to_ascii_lowercase();
    let is = |known: &&str| match known.strip_prefix('.') {
        Some(zone) => server.ends_with(known) || server == zone,
        None => server == *known,
    };
    OPERATORS.iter().find(|operator| operator.servers.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_name_zone_and_address() {
        let smear = |server| operator(server).map(|operator| operator.smear);
        assert_eq!(smear("Time2.Google.com."), Some(Smear::Day));
        assert_eq!(smear("FD00:ec2::123"), Some(Smear::Day));
        assert_eq!(smear("2.debian.pool.ntp.org"), Some(Smear::None));
        assert_eq!(smear("pool.ntp.org"), Some(Smear::None));
        assert_eq!(smear("time-a-g.nist.gov"), Some(Smear::None));
        for unknown in ["time.apple.com", "169.254.169.254", "xpool.ntp.org", "ntp1.example.net"] {
            assert_eq!(smear(unknown), None, "{unknown}");
        }
    }
}
