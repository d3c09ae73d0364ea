//! Numbers as libvirt reads them.

/// Source: libvirt `src/util/virstring.c:virStrToLong_ullp`, which is `strtoull` without a minus.
pub(super) fn unsigned(text: &str) -> Option<u64> {
    let digits = blank(text);
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    only_digits(digits)?.parse().ok()
}

/// The same with a minus, which counts down from the largest number.
/// Source: libvirt 7.0 `src/util/virstring.c:virStrToLong_ull`.
pub(super) fn wrapping(text: &str) -> Option<u64> {
    match blank(text).strip_prefix('-') {
        Some(digits) => Some(only_digits(digits)?.parse::<u64>().ok()?.wrapping_neg()),
        None => unsigned(text),
    }
}

/// Source: libvirt `src/util/virstring.c:virStrToLong_ll`.
pub(super) fn signed(text: &str) -> Option<i64> {
    let text = blank(text);
    only_digits(text.strip_prefix(['+', '-']).unwrap_or(text))?;
    text.parse().ok()
}

fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
}

fn only_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_front_and_a_plus_are_read_and_nothing_behind() {
        assert_eq!((unsigned(" +5"), unsigned("-1"), unsigned("5 ")), (Some(5), None, None));
        assert_eq!((signed(" -5"), signed("+5"), signed("0x5")), (Some(-5), Some(5), None));
        assert_eq!((unsigned(""), signed("-"), unsigned("+-5")), (None, None, None));
        assert_eq!((unsigned("18446744073709551616"), wrapping("-1")), (None, Some(u64::MAX)));
    }
}
