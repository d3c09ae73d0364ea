//! Properties of a WMI object, as PowerShell's `Format-List` prints them. Their names are never translated.

use std::collections::BTreeMap;

/// The values by name.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim_start_matches('\u{feff}').trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_and_values_lose_their_blanks() {
        let read = super::parse("\n\nVersion     : 10.0.20348\nProductType : 3\n\n");
        assert_eq!((&*read["Version"], &*read["ProductType"]), ("10.0.20348", "3"));
    }
}
