//! `reg query KEY`. Nothing in it is translated.

use std::collections::BTreeMap;

/// The values of one key by name: `    Name    REG_DWORD    0x1`, with tabs before Windows Vista.
pub fn values(text: &str) -> BTreeMap<String, String> {
    let value = |line: &str| {
        let line = line.strip_prefix(['\t', ' '])?.trim();
        let (name, rest) = line.split_once("REG_")?;
        let data = rest.split_once([' ', '\t']).map_or("", |(_, data)| data);
        Some((name.trim().to_owned(), data.trim().to_owned()))
    };
    text.lines().filter_map(value).collect()
}

/// The number of a `REG_DWORD`.
pub fn number(data: &str) -> Option<u32> {
    u32::from_str_radix(data.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_tabs_separate() {
        let new = values(include_str!("../../tests/transcripts/reg/zone.txt"));
        assert_eq!(number(&new["ActiveTimeBias"]), Some(0xffff_ffc4));
        assert_eq!(new["TimeZoneKeyName"], "W. Europe Standard Time");
        assert_eq!(new["DaylightName"], "@tzres.dll,-321");
        let old = values(
            "! REG.EXE VERSION 3.0\n\nHKEY_LOCAL_MACHINE\\X\n\tRealTimeIsUniversal\tREG_DWORD\t0x1\n\tEmpty\tREG_SZ\t\n",
        );
        assert_eq!((number(&old["RealTimeIsUniversal"]), &*old["Empty"]), (Some(1), ""));
    }
}
