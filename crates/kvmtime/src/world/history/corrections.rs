//! What was done to guests' clocks.

use std::io;
use std::path::Path;

use kvmtime_core::sync::Correction;
use rusqlite::types::Type;
use rusqlite::{Connection, params};

use super::file;

/// So many are kept, some 80 MB of them: of 20 guests that are set at each sweep those of five weeks, else those of years.
const MOST: i64 = 100_000;

/// Adds entries, all or none, and lets go of the oldest where there are too many.
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
        forget(all, MOST)
    })
}

/// Lets go of all but the last.
fn forget(all: &Connection, most: i64) -> rusqlite::Result<()> {
    let old = "DELETE FROM correction WHERE rowid <= (SELECT max(rowid) FROM correction) - ?1";
    all.execute(old, [most]).map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_kept() -> rusqlite::Result<()> {
        let file = Connection::open_in_memory()?;
        file.execute_batch("CREATE TABLE correction (at_ns INTEGER NOT NULL) STRICT")?;
        let left = || {
            file.query_row("SELECT min(at_ns), count(*) FROM correction", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        };
        forget(&file, 3)?;
        for at in 0..5 {
            file.execute("INSERT INTO correction VALUES (?1)", [at])?;
        }
        forget(&file, 3)?;
        assert_eq!(left(), Ok((2, 3)));
        forget(&file, 3)?;
        assert_eq!(left(), Ok((2, 3)));
        Ok(())
    }
}
