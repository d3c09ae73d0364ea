//! libosinfo's ids, such as `http://redhat.com/rhel/7.9`, as virt-install writes them into a domain's metadata.

use super::{Family, Os};

/// The operating system of a libosinfo id; `None` when the id says nothing.
pub fn of_id(id: &str) -> Option<Os> {
    let path = id.split_once("://").map_or(id, |(_, path)| path).trim_end_matches('/');
    let mut parts = path.rsplit('/');
    let version = parts.next()?;
    let product = parts.next()?;
    let (family, name, version) = match product {
        "win" => windows(version),
        "winnt" => windows("nt4"),
        "msdos" | "dos" | "freedos" => (Family::Dos, product.to_owned(), numbers(version)),
        // What is built on FreeBSD counts versions of its own: no guest of it is taken to have KVM's clock.
        "pfsense" | "opnsense" | "truenas-core" | "freenas" => {
            (Family::Freebsd, product.to_owned(), vec![])
        }
        "freebsd" | "dragonflybsd" => (Family::Freebsd, product.to_owned(), numbers(version)),
        "netbsd" => (Family::Netbsd, product.to_owned(), numbers(version)),
        "openbsd" => (Family::Openbsd, product.to_owned(), numbers(version)),
        "solaris" | "opensolaris" | "openindiana" | "hipster" | "smartos" | "omnios"
        | "omnios.org" => (Family::Solaris, product.to_owned(), numbers(version)),
        "macosx" | "macos" => (Family::Macos, product.to_owned(), numbers(version)),
        "scientificlinux" => (Family::Linux, "scientific".to_owned(), numbers(version)),
        "centos-stream" => (Family::Linux, "centos".to_owned(), numbers(version)),
        "oel" => (Family::Linux, "ol".to_owned(), numbers(version)),
        "sle" | "sled" => (Family::Linux, "sles".to_owned(), numbers(version)),
        "haiku" | "netware" | "reactos" | "hurd" | "minix" | "plan9" => {
            (Family::Other, product.to_owned(), numbers(version))
        }
        // `http://libosinfo.org/unknown`
        "libosinfo.org" | "unknown" => return None,
        // `http://guix.gnu.org/guix/hurd-latest`
        _ if version.starts_with("hurd") => (Family::Other, product.to_owned(), vec![]),
        _ => (Family::Linux, product.to_owned(), numbers(version)),
    };
    let shown = if family == Family::Windows {
        name.clone()
    } else {
        let version: Vec<String> = version.iter().map(u32::to_string).collect();
        format!("{name}{}", version.join("."))
    };
    Some(Os { id: shown, family, name, version })
}

fn windows(version: &str) -> (Family, String, Vec<u32>) {
    match version {
        "1.0" | "2.0" | "2.1" | "3.1" | "95" | "98" | "me" => {
            (Family::Dos, format!("win{version}"), vec![])
        }
        "nt4" | "nt3.1" => (Family::Windows, "winnt4".to_owned(), vec![]),
        "xp" | "vista" | "7" | "8" | "8.1" | "10" | "11" => {
            (Family::Windows, format!("win{version}"), vec![])
        }
        _ => (Family::Windows, format!("win{version}"), numbers(version.trim_start_matches("2k"))),
    }
}

/// libosinfo's name for a version of Windows, `10.0.20348`, on a workstation or a server. Source: Microsoft, "Operating
/// System Version" and the release histories of Windows 10, 11 and Server.
pub fn windows_release(version: &str, server: bool) -> Option<&'static str> {
    let numbers = numbers(version);
    let (&major, &minor) = (numbers.first()?, numbers.get(1)?);
    let build = numbers.get(2).copied().unwrap_or_default();
    Some(match (major, minor, server) {
        (5, 0, _) => "2k",
        (5, 1, _) | (5, 2, false) => "xp",
        (5, 2, true) => "2k3",
        (6, 0, false) => "vista",
        (6, 0, true) => "2k8",
        (6, 1, false) => "7",
        (6, 1, true) => "2k8r2",
        (6, 2, false) => "8",
        (6, 2, true) => "2k12",
        (6, 3, false) => "8.1",
        (6, 3, true) => "2k12r2",
        (10, 0, false) if build >= 22_000 => "11",
        (10, 0, false) => "10",
        (10, 0, true) => match build {
            26_100.. => "2k25",
            20_348.. => "2k22",
            17_763.. => "2k19",
            _ => "2k16",
        },
        _ => return None,
    })
}

/// The numbers of a dotted version; what is no number ends it.
pub(crate) fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-', 'u']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_virt_install_are_understood() {
        let os = |id| of_id(id).unwrap();
        assert_eq!(os("http://redhat.com/rhel/7.9").id, "rhel7.9");
        assert!(os("http://netbsd.org/netbsd/9.0").counts_ticks());
        let freebsd = os("http://freebsd.org/freebsd/12.4");
        assert!(!freebsd.counts_ticks() && freebsd.lacks_kvm_clock() && !freebsd.reads_kvm_clock());
        assert!(os("http://openbsd.org/openbsd/7.4").reads_kvm_clock());
        assert!(os("http://microsoft.com/win/2k22").uses_synthetic_timers());
        assert!(!os("http://microsoft.com/win/7").uses_synthetic_timers());
        assert_eq!(os("http://microsoft.com/win/98").family, Family::Dos);
        assert!(os("http://redhat.com/rhel/5.4").counts_ticks());
        assert!(!os("http://redhat.com/rhel/5.11").counts_ticks());
        assert_eq!(os("http://freedos.org/freedos/1.2").family, Family::Dos);
        assert!(os("http://scientificlinux.org/scientificlinux/5.4").counts_ticks());
        assert_eq!(os("http://openindiana.org/hipster/2021.10").family, Family::Solaris);
        assert_eq!(windows_release("10.0.20348", true), Some("2k22"));
        assert_eq!(windows_release("10.0.22631", false), Some("11"));
        assert_eq!(windows_release("5.2.3790", true), Some("2k3"));
        assert!(of_id("http://libosinfo.org/unknown").is_none());
        assert!(of_id("").is_none());
    }
}
