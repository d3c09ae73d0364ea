//! What was done to guests' clocks.

use std::io;
use std::path::Path;

use kvmtime_core::sync::Correction;
use rusqlite::params;
use rusqlite::types::Type;

use super::file;

/// Adds entries, all or none.
///
/// # Errors
/// When the file cannot be made, or is no history.
pub(crate) fn append(path: &Path, entries: &[Correction]) -> io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    file::append(path, |all| {
        for entry in entries {
            let json = serde_json::to_string(entry)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            all.execute(
                "INSERT INTO correction (at_ns, guest, correction) VALUES (?1, ?2, ?3)",
                params![entry.at.0, entry.guest, json],
            )?;
        }
        Ok(())
    })
}

/// The entries, as they came: the clock that they are dated by may have been set back; of one guest if that is named.
///
/// # Errors
/// When there is none, or it is something else.
pub(crate) fn read(path: &Path, guest: Option<&str>) -> io::Result<Vec<Correction>> {
    let select = "SELECT correction FROM correction WHERE ?1 IS NULL OR guest = ?1 ORDER BY rowid";
    file::read(path, select, guest, |row| {
        let json: String = row.get(0)?;
        serde_json::from_str(&json)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
    })
}
