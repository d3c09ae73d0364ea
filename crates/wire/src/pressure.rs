//! `/proc/pressure/cpu`.

use crate::text::{self, ParseError};

/// `avg60` of the line `some`, in percent. Source: Linux `Documentation/accounting/psi.rst`.
///
/// # Errors
/// When there is no such line or number.
pub fn some_avg60(text: &str) -> Result<f64, ParseError> {
    let line = text.lines().find(|line| line.starts_with("some "));
    let number = line.and_then(|line| line.split(' ').find_map(|item| item.strip_prefix("avg60=")));
    number.and_then(text::number).ok_or_else(|| ParseError::new(1, "no `some … avg60=`"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_some_line_is_read() {
        let text = "some avg10=0.00 avg60=12.50 avg300=0.10 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        assert!((super::some_avg60(text).unwrap() - 12.5).abs() < 1e-9);
        assert!(super::some_avg60("").is_err());
    }
}
