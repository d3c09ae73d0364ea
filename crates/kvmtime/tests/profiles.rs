//! What is known of guests' systems, by libosinfo's ids as they stand in domains' metadata.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests look at the disk"
)]

mod lacking;

use std::path::Path;

use kvmtime_core::profile::{Family, Os, of_id};
use lacking::{Lacking, need};

const DATABASE: &str = "/usr/share/osinfo/os";

/// Id, RTC in local time, lacks a clock of KVM, the paravirtual clock that it reads, and whether it does without an HPET.
type Row = (&'static str, bool, bool, Option<&'static str>, bool);

const LINUX: Option<&str> = Some("kvm-clock");
const HYPERV: Option<&str> = Some("Hyper-V's reference counter");

/// The tables C to F of the operating systems' profiles.
const TABLE: [Row; 54] = [
    ("redhat.com/rhl/9", false, true, None, false),
    ("redhat.com/rhel/3.9", false, true, None, false),
    ("redhat.com/rhel/4.9", false, true, None, false),
    ("redhat.com/rhel/5.4", false, true, None, false),
    ("redhat.com/rhel/5.5", false, false, LINUX, true),
    ("redhat.com/rhel/6.10", false, false, LINUX, true),
    ("redhat.com/rhel/7.9", false, false, LINUX, true),
    ("redhat.com/rhel/8.7", false, false, LINUX, true),
    ("redhat.com/rhel/9.0", false, false, LINUX, true),
    ("centos.org/centos/5.4", false, true, None, false),
    ("centos.org/centos-stream/9", false, false, LINUX, true),
    ("oracle.com/oel/5.4", false, true, None, false),
    ("oracle.com/ol/8.5", false, false, LINUX, true),
    ("scientificlinux.org/scientificlinux/5.3", false, true, None, false),
    ("almalinux.org/almalinux/9", false, false, LINUX, true),
    ("rockylinux.org/rocky/8", false, false, LINUX, true),
    ("fedoraproject.org/fedora/9", false, true, None, false),
    ("fedoraproject.org/fedora/37", false, false, LINUX, true),
    ("fedoraproject.org/coreos/stable", false, false, LINUX, true),
    ("suse.com/sles/10.4", false, true, None, false),
    ("suse.com/sled/10.4", false, true, None, false),
    ("suse.com/sles/11.4", false, false, LINUX, true),
    ("suse.com/sle/15.4", false, false, LINUX, true),
    ("opensuse.org/opensuse/11.0", false, true, None, false),
    ("opensuse.org/opensuse/15.4", false, false, LINUX, true),
    ("debian.org/debian/4", false, true, None, false),
    ("debian.org/debian/6", false, false, LINUX, true),
    ("debian.org/debian/testing", false, false, LINUX, true),
    ("ubuntu.com/ubuntu/8.04", false, true, None, false),
    ("ubuntu.com/ubuntu/22.10", false, false, LINUX, true),
    ("alpinelinux.org/alpinelinux/3.17", false, false, LINUX, true),
    ("libosinfo.org/linux/2022", false, false, LINUX, true),
    ("microsoft.com/msdos/6.22", true, true, None, false),
    ("microsoft.com/win/98", true, true, None, false),
    ("microsoft.com/winnt/4.0", true, true, None, false),
    ("microsoft.com/win/2k", true, false, None, true),
    ("microsoft.com/win/xp", true, false, None, true),
    ("microsoft.com/win/2k3r2", true, false, None, true),
    ("microsoft.com/win/vista", true, false, HYPERV, true),
    ("microsoft.com/win/7", true, false, HYPERV, true),
    ("microsoft.com/win/10", true, false, HYPERV, true),
    ("microsoft.com/win/2k22", true, false, HYPERV, true),
    ("freebsd.org/freebsd/13.0", false, true, None, false),
    ("freebsd.org/freebsd/13.1", false, false, Some("kvmclock"), true),
    ("dragonflybsd.org/dragonflybsd/5.6", false, true, None, false),
    ("netbsd.org/netbsd/9.0", false, true, None, false),
    ("openbsd.org/openbsd/6.4", false, true, None, false),
    ("openbsd.org/openbsd/6.5", false, false, Some("pvclock"), true),
    ("sun.com/solaris/10", true, true, None, false),
    ("oracle.com/solaris/11", true, true, None, false),
    ("sun.com/opensolaris/2009.06", true, true, None, false),
    ("apple.com/macosx/10.7", false, false, None, false),
    ("haiku-os.org/haiku/r1beta3", false, false, None, false),
    ("novell.com/netware/6", false, false, None, false),
];

/// The same for systems that libosinfo's database does not have, or not in every release.
const ELSEWHERE: [Row; 4] = [
    ("netbsd.org/netbsd/11.0", false, false, Some("pvclock"), true),
    ("microsoft.com/win/2k25", true, false, HYPERV, true),
    ("pfsense.org/pfsense/2.6", false, true, None, false),
    ("opnsense.org/opnsense/22.7", false, true, None, false),
];

#[test]
fn a_system_is_known_by_its_id() {
    for (id, local, ticks, clock, no_hpet) in TABLE.into_iter().chain(ELSEWHERE) {
        let os = of_id(&format!("http://{id}")).unwrap();
        assert_eq!(os.keeps_rtc_in_local_time(), local, "{id}");
        assert_eq!((os.lacks_kvm_clock(), os.paravirtual_clock()), (ticks, clock), "{id}");
        let xml = os.clock();
        assert_eq!(xml.contains("<timer name='hpet' present='no'/>"), no_hpet, "{id}: {xml}");
        assert_eq!(xml.contains("offset='localtime'"), local, "{id}: {xml}");
        assert_eq!(xml.contains("name='pit' tickpolicy='catchup'"), ticks, "{id}: {xml}");
        assert_eq!(xml.contains("hypervclock"), clock == HYPERV, "{id}: {xml}");
    }
}

/// Every id in the database with the family that it gives.
fn database() -> Result<Vec<(String, String)>, Lacking> {
    if !Path::new(DATABASE).is_dir() {
        return Err(Lacking::Obtainable(format!("{DATABASE} (package osinfo-db)")));
    }
    let vendors = std::fs::read_dir(DATABASE).unwrap().map(|entry| entry.unwrap().path());
    let files = vendors
        .filter(|path| path.is_dir())
        .flat_map(|vendor| std::fs::read_dir(vendor).unwrap().map(|entry| entry.unwrap().path()));
    let texts = files.filter_map(|path| std::fs::read_to_string(path).ok());
    Ok(texts
        .filter_map(|text| {
            let id = text.split_once("<os id=\"")?.1.split_once('"')?.0.to_owned();
            let after = text.split_once("<family>")?.1;
            Some((id, after.split_once('<')?.0.to_owned()))
        })
        .collect())
}

#[test]
fn every_id_of_the_database_is_of_the_family_that_it_says() {
    let Some(database) = need(database()) else { return };
    for (id, ..) in TABLE {
        assert!(database.iter().any(|(known, _)| known.ends_with(&format!("://{id}"))), "{id}");
    }
    for (id, said) in &database {
        let Some(Os { family, .. }) = of_id(id) else { panic!("{id}") };
        let expected = match &**said {
            "winnt" => Family::Windows,
            "msdos" | "win16" | "win9x" => Family::Dos,
            "freebsd" | "dragonflybsd" => Family::Freebsd,
            "netbsd" => Family::Netbsd,
            "openbsd" => Family::Openbsd,
            "solaris" => Family::Solaris,
            "darwin" => Family::Macos,
            "haiku" | "hurd" | "netware" => Family::Other,
            // The database takes FreeDOS for a Linux.
            _ if id.contains("freedos") => Family::Dos,
            _ => Family::Linux,
        };
        assert_eq!(family, expected, "{id}: {said}");
    }
    assert!(database.len() > 500, "{}", database.len());
}
