//! Files of `NAME=value` lines: os-release(5), `/etc/sysconfig/*`, `/etc/default/*`.

use std::collections::BTreeMap;

/// The values by name, without their quotes; the last assignment wins.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim())))
        .collect()
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote))
        {
            return inside.to_owned();
        }
    }
    value.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_not_values() {
        let values = parse(
            "# x\nID=\"rhel\"\nON_SHUTDOWN=suspend # default\nexport SYNC_TIME='1'\nID=debian\n",
        );
        assert_eq!(values["ID"], "debian");
        assert_eq!(values["ON_SHUTDOWN"], "suspend");
        assert_eq!(values["SYNC_TIME"], "1");
    }
}
