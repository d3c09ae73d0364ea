//! os-release(5), and the release files that came before it.

use std::collections::BTreeMap;

use super::libosinfo::{numbers, of_id};
use super::{Family, Os};

/// The operating system that os-release's assignments name.
pub fn of_os_release(values: &BTreeMap<String, String>) -> Option<Os> {
    let name = values.get("ID")?;
    let name = match name.as_str() {
        "sles" | "sled" | "sles_sap" => "sles",
        name => name,
    };
    let version = values.get("VERSION_ID").map_or("", String::as_str);
    if matches!(name, "freebsd" | "netbsd" | "openbsd") {
        return of_id(&format!("{name}/{version}"));
    }
    Some(of_release(name, version))
}

/// The Linux that `/etc/redhat-release` names: `CentOS release 5.11 (Final)`.
pub fn of_redhat_release(text: &str) -> Option<Os> {
    let first = text.split_whitespace().next()?;
    let name = match first {
        "Red" => "rhel",
        "CentOS" => "centos",
        "Scientific" => "scientific",
        "Oracle" | "Enterprise" => "ol",
        _ => return None,
    };
    let version =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(of_release(name, version))
}

fn of_release(name: &str, version: &str) -> Os {
    Os {
        id: format!("{name}{version}"),
        family: if name == "freebsd" { Family::Freebsd } else { Family::Linux },
        name: name.to_owned(),
        version: numbers(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_release_files_agree() {
        let values = BTreeMap::from([
            ("ID".to_owned(), "centos".to_owned()),
            ("VERSION_ID".to_owned(), "7".to_owned()),
        ]);
        assert_eq!(of_os_release(&values).unwrap().id, "centos7");
        let freebsd = [("ID", "freebsd"), ("VERSION_ID", "13.2")];
        let freebsd = freebsd.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(of_os_release(&BTreeMap::from(freebsd)).unwrap().family, Family::Freebsd);
        let old = of_redhat_release("CentOS release 5.4 (Final)\n").unwrap();
        assert!(old.is_rhel() && old.counts_ticks());
    }
}
