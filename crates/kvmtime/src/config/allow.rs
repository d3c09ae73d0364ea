//! Allowances: what is found and accepted, why, and until when.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kvmtime_core::allow::Allow;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Value;

use super::{Refused, known};

/// One `[[allow]]` of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    rule: String,
    #[serde(default = "any")]
    subject: String,
    reason: String,
    #[serde(default, deserialize_with = "date")]
    until: Option<Date>,
}

/// An accepted fault.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    /// The rule's id.
    pub(crate) rule: String,
    /// The subjects' ids, with `*` and `?`.
    pub(crate) subject: String,
    /// Why it is accepted.
    pub(crate) reason: String,
    /// The last day on which it is.
    pub(crate) until: Option<Date>,
    /// `FILE:LINE`.
    pub(crate) from: String,
}

fn any() -> String {
    "*".to_owned()
}

/// With quotes or without, a date is a date.
fn date<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Date>, D::Error> {
    let text = match Value::deserialize(input)? {
        Value::String(text) => text,
        Value::Datetime(date) => date.to_string(),
        other => other.to_string(),
    };
    let wrong = |_| D::Error::custom(format!("{text} is not a date, YYYY-MM-DD"));
    // A date with an hour would be taken as well.
    let bare = text.len() == "YYYY-MM-DD".len();
    let text = if bare { text.as_str() } else { "" };
    text.parse().map(Some).map_err(wrong)
}

impl Entry {
    /// Refuses what cannot be meant.
    pub(super) fn check(self, from: String) -> Result<Allowance, Refused> {
        known(&self.rule, &from)?;
        if self.reason.trim().is_empty() {
            return Err(Refused::new(format!("{from}: allow: the reason is empty")));
        }
        let Self { rule, subject, reason, until } = self;
        Ok(Allowance { rule, subject, reason, until, from })
    }
}

impl Allowance {
    /// Whether its last day is over, everywhere at the same time: days are those of UTC.
    pub(crate) fn is_over(&self, epoch_seconds: i64) -> bool {
        let now = Timestamp::from_second(epoch_seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        self.until.is_some_and(|until| now.to_zoned(TimeZone::UTC).date() > until)
    }

    /// What it means for a report.
    pub(crate) fn allow(&self) -> Allow {
        Allow::new(&self.rule, &self.subject, &self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(until: &str) -> Result<Option<Date>, String> {
        let text = format!("rule = 'guest-notsc'\nreason = 'old'\nuntil = {until}\n");
        toml::from_str(&text).map(|entry: Entry| entry.until).map_err(|error| error.to_string())
    }

    #[test]
    fn dates_are_taken_with_quotes_or_without_and_nothing_else_is() {
        let date = Some(jiff::civil::date(2026, 12, 31));
        assert_eq!(entry("2026-12-31"), Ok(date));
        assert_eq!(entry("'2026-12-31'"), Ok(date));
        for wrong in ["2026-12-31T10:00:00", "'soon'", "20261231", "'2026-02-30'"] {
            assert!(entry(wrong).is_err_and(|error| error.contains("is not a date")), "{wrong}");
        }
    }

    #[test]
    fn the_last_day_belongs_to_it() {
        let from = "c.toml:1".to_owned();
        let text = "rule = 'guest-notsc'\nreason = 'old'\nuntil = 1970-01-02\n";
        let allowance = toml::from_str::<Entry>(text).unwrap().check(from).unwrap();
        let last_second = 2 * 86400 - 1;
        assert!(!allowance.is_over(last_second));
        assert!(allowance.is_over(last_second + 1));
    }
}
