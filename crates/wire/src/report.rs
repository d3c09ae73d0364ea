//! Reports of lines `Name: value`.

use std::collections::BTreeMap;

use crate::text::ParseError;

/// The values by name, each with its line.
pub(crate) struct Report<'a>(BTreeMap<&'a str, (usize, &'a str)>);

impl<'a> Report<'a> {
    /// Reads every line that has a colon.
    pub(crate) fn read(text: &'a str) -> Self {
        let fields = text.lines().enumerate().filter_map(|(index, line)| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim(), (index + 1, value.trim())))
        });
        Self(fields.collect())
    }

    /// Whether there is a line by that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A value that must be there.
    pub(crate) fn field<T>(
        &self,
        name: &str,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<T, ParseError> {
        let value = self.optional(name, read)?;
        value.ok_or_else(|| ParseError::new(1, format!("no line `{name}`")))
    }

    /// A value that may be missing, but not be something else.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Option<T>, ParseError> {
        let Some((line, value)) = self.0.get(name) else { return Ok(None) };
        let error = || ParseError::new(*line, format!("`{name}` cannot be `{value}`"));
        read(value).map(Some).ok_or_else(error)
    }
}
