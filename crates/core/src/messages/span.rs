//! Lengths of time as people say them.

/// The units of a length of time, the longest first, in seconds.
const UNITS: [(f64, f64, &str); 7] = [
    // From this length on; the unit; its name.
    (2.0 * 365.25 * 86_400.0, 365.25 * 86_400.0, "years"),
    (2.0 * 86_400.0, 86_400.0, "days"),
    (2.0 * 3_600.0, 3_600.0, "h"),
    (120.0, 60.0, "min"),
    (1.0, 1.0, "s"),
    (1e-3, 1e-3, "ms"),
    (1e-6, 1e-6, "µs"),
];

/// `6.8 s`, `-19.6 h`: a length of time with at most three digits that count.
pub(super) fn seconds(length: f64) -> String {
    let size = length.abs();
    let (unit, name) = UNITS
        .iter()
        .find(|(from, _, _)| size >= *from)
        .map_or((1e-9, "ns"), |(_, unit, name)| (*unit, *name));
    let number = length / unit;
    let decimals = match number.abs() {
        number if number >= 100.0 => 0,
        number if number >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {name}")
}

/// A number of a unit as people say it; what is no length of time stays as it is.
pub(super) fn spoken(number: &str, unit: &str) -> String {
    let factor = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "" => return number.to_owned(),
        unit => return format!("{number} {unit}"),
    };
    match number.replace(',', "").parse::<f64>() {
        Ok(value) => seconds(value * factor),
        Err(_) => format!("{number} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_in_the_unit_that_fits() {
        for (number, unit, said) in [
            ("6824818792", "ns", "6.82 s"),
            ("-95170507948", "ns", "-95.2 s"),
            ("153560", "ns", "154 µs"),
            ("70551", "s", "19.6 h"),
            ("1746599044.734500", "s", "55.3 years"),
            ("0", "s", "0 ns"),
            ("100", "s", "100 s"),
            ("2892749", "kHz", "2892749 kHz"),
            ("3", "", "3"),
            ("1.2.3", "s", "1.2.3 s"),
        ] {
            assert_eq!(spoken(number, unit), said, "{number} {unit}");
        }
    }
}
