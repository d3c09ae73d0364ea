//! Domain XML as virt-install, nova, oVirt, a hoster's panel and people write it, with the faults that are found there.

mod clocks;
mod devices;

use super::dice::Dice;

/// Any number would do; the same one makes the same files everywhere.
const SEED: u64 = 0x006b_766d_7469_6d65;

const TEMPLATES: [(u64, &str); 5] = [
    (35, include_str!("virt-install.xml")),
    (25, include_str!("nova.xml")),
    (15, include_str!("ovirt.xml")),
    (15, include_str!("panel.xml")),
    (10, include_str!("hand.xml")),
];

const ROLES: [&str; 12] =
    ["web", "db", "mail", "ns", "build", "git", "ldap", "cache", "vpn", "log", "app", "ntp"];

/// What the guest's clock needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It has a paravirtual clock.
    Paravirtual,
    /// It has Hyper-V's clock, where that is offered.
    Windows,
    /// It counts timer ticks.
    Ticks,
}

const SYSTEMS: [(u64, (Kind, &str)); 20] = [
    (14, (Kind::Paravirtual, "http://debian.org/debian/11")),
    (10, (Kind::Paravirtual, "http://debian.org/debian/12")),
    (12, (Kind::Paravirtual, "http://ubuntu.com/ubuntu/22.04")),
    (6, (Kind::Paravirtual, "http://ubuntu.com/ubuntu/18.04")),
    (8, (Kind::Paravirtual, "http://redhat.com/rhel/8.6")),
    (8, (Kind::Paravirtual, "http://redhat.com/rhel/9.2")),
    (6, (Kind::Paravirtual, "http://centos.org/centos/7.0")),
    (3, (Kind::Paravirtual, "http://centos.org/centos/6.9")),
    (2, (Kind::Paravirtual, "http://fedoraproject.org/fedora/38")),
    (2, (Kind::Paravirtual, "http://suse.com/sles/15.4")),
    (1, (Kind::Paravirtual, "http://libosinfo.org/linux/2022")),
    (6, (Kind::Windows, "http://microsoft.com/win/10")),
    (4, (Kind::Windows, "http://microsoft.com/win/2k16")),
    (6, (Kind::Windows, "http://microsoft.com/win/2k19")),
    (5, (Kind::Windows, "http://microsoft.com/win/2k22")),
    (1, (Kind::Windows, "http://microsoft.com/win/xp")),
    (2, (Kind::Paravirtual, "http://freebsd.org/freebsd/13.2")),
    (1, (Kind::Ticks, "http://netbsd.org/netbsd/9.0")),
    (1, (Kind::Ticks, "http://redhat.com/rhel/5.4")),
    (1, (Kind::Ticks, "http://freebsd.org/freebsd/11.4")),
];

/// `count` domains, each with its file's name; no two are alike.
pub(super) fn all(count: u64) -> impl Iterator<Item = (String, String)> {
    let mut dice = Dice::new(SEED);
    (0..count).map(move |number| domain(number, &mut dice))
}

fn domain(number: u64, dice: &mut Dice) -> (String, String) {
    let template = dice.weighted(&TEMPLATES);
    let (kind, os) = dice.weighted(&SYSTEMS);
    let name = format!("{}{:05}", dice.one_of(&ROLES), number);
    let mebibytes = 1024 * dice.one_of(&[1, 2, 4, 8, 16]);
    let vcpus = dice.one_of(&[1, 2, 4, 8]);
    let (user, project, image) = (dice.uuid(), dice.uuid(), dice.uuid());
    let values = [
        ("name", name.clone()),
        ("uuid", dice.uuid()),
        ("number", format!("{number:08x}")),
        ("id", (1 + dice.below(9)).to_string()),
        ("os", os.to_owned()),
        ("machine", dice.one_of(&["5.2", "6.2", "7.2", "8.2"]).to_owned()),
        ("memory", (mebibytes * 1024).to_string()),
        ("mebibytes", mebibytes.to_string()),
        ("limit", (mebibytes * 1024 + 524_288).to_string()),
        ("vcpus", vcpus.to_string()),
        ("shares", (vcpus * 1024).to_string()),
        ("quota", (vcpus * 100_000).to_string()),
        ("created", created(dice)),
        ("started", format!("{}.{:06}", 1_690_000_000 + number, dice.below(1_000_000))),
        ("password", format!("{:016x}", dice.next())),
        ("hyperv", clocks::hyperv(kind, dice)),
        ("cpu", clocks::cpu(dice).to_owned()),
        ("clock", clocks::clock(kind, dice).to_owned()),
        ("commandline", clocks::commandline(dice).to_owned()),
        ("disks", devices::disks(&name, dice)),
        ("nics", devices::nics(dice)),
        ("ports", devices::ports(dice)),
        ("agent", devices::agent(&name, dice)),
        ("user", user),
        ("project", project),
        ("image", image),
    ];
    let text = values
        .iter()
        .fold(template.to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value));
    (format!("{name}.xml"), text)
}

fn created(dice: &mut Dice) -> String {
    let (month, day) = (1 + dice.below(12), 1 + dice.below(28));
    let (hour, minute, second) = (dice.below(24), dice.below(60), dice.below(60));
    format!("2023-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_files_are_alike_and_every_run_makes_the_same() {
        let first: Vec<_> = all(2_000).collect();
        let texts: HashSet<_> = first.iter().map(|(_, text)| text).collect();
        assert_eq!(texts.len(), first.len());
        assert!(first.iter().eq(all(2_000).collect::<Vec<_>>().iter()));
    }

    #[test]
    fn files_have_the_size_of_real_ones_and_no_gaps() {
        for (name, text) in all(2_000) {
            assert!((3 << 10..=6 << 10).contains(&text.len()), "{name}: {} bytes", text.len());
            assert!(!text.contains('{'), "{name}: {text}");
        }
    }
}
