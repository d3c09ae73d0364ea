//! Lengths of time as programs print them: `-6ns`, `+1.2ms`, `1min 4.5s`.

use crate::text::number;

/// Seconds; a number without a unit counts in the unit `bare`. Sources of the units: chrony
/// `client.c:print_nanoseconds`, ntpsec `pylib/util.py:UNITS_SEC`, systemd `src/basic/time-util.c:format_timespan`.
pub fn seconds(text: &str, bare: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut sum = 0.0;
    let mut rest = unsigned;
    loop {
        let (digits, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        let unit = if unit.is_empty() { bare } else { unit };
        sum += scaled(number(digits)?, unit)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(sign * sum).filter(|seconds| seconds.is_finite());
        }
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn scaled(number: f64, unit: &str) -> Option<f64> {
    // Dividing keeps `726ns` the nearest double to 7.26e-7, which multiplying by 1e-9 would not.
    Some(match unit {
        "ns" => number / 1e9,
        "us" | "µs" | "μs" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "ks" => number * 1e3,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        "w" => number * 604_800.0,
        // systemd's months and years are those of 365.25 days, chrony's years have 365; such an offset is absurd anyhow.
        "month" => number * 2_629_800.0,
        "y" => number * 31_557_600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn every_program_s_way_of_writing_is_read() {
        for (text, expected) in [
            ("-6ns", -6e-9),
            ("+4283us", 4.283e-3),
            (" 3.5s", 3.5),
            ("1min 4.5s", 64.5),
            ("-1d 2h", -93_600.0),
            ("12µs", 12e-6),
            ("+0", 0.0),
            ("2.5", 2.5e-3),
        ] {
            let read = seconds(text, "ms").unwrap();
            assert!((read - expected).abs() < 1e-15, "{text}: {read}");
        }
        for text in ["", "-", "ms", "1 parsec", "1..2s", "--1s", "1e5s", &"9".repeat(400)] {
            assert_eq!(seconds(text, "s"), None, "{text}");
        }
    }
}
