//! The SQLite file.

use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};

use crate::world::live;

/// The layout below; a file of a later one is not touched.
const VERSION: i64 = 2;
/// Each layout from the one before.
const LAYOUTS: [&str; 2] = [
    "CREATE TABLE measurement (
        started INTEGER NOT NULL, clock TEXT NOT NULL, against TEXT NOT NULL, method TEXT NOT NULL,
        lasted_ns INTEGER NOT NULL, readings INTEGER NOT NULL,
        offset_lo_ns INTEGER NOT NULL, offset_hi_ns INTEGER NOT NULL,
        rate_ppb REAL, rate_lo_ppb REAL, rate_hi_ppb REAL, events INTEGER NOT NULL) STRICT;
    CREATE INDEX measurement_by_clock ON measurement (clock, started);
    PRAGMA user_version = 1;",
    "CREATE TABLE correction (
        at_ns INTEGER NOT NULL, guest TEXT NOT NULL, correction TEXT NOT NULL) STRICT;
    CREATE INDEX correction_by_guest ON correction (guest, at_ns);
    PRAGMA user_version = 2;",
];

/// Writes to it, all or nothing.
///
/// # Errors
/// When the file cannot be made, or is no history.
pub(super) fn append(
    path: &Path,
    write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        live::make_folder(folder)?;
    }
    let append = || -> rusqlite::Result<bool> {
        let mut file = Connection::open(path)?;
        file.busy_timeout(std::time::Duration::from_secs(5))?;
        let all = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 = all.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let empty: bool =
            all.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
        let known = version == 0 && empty || (1..=VERSION).contains(&version);
        let Some(missing) = usize::try_from(version).ok().filter(|_| known) else {
            return Ok(false);
        };
        for layout in &LAYOUTS[missing..] {
            all.execute_batch(layout)?;
        }
        write(&all)?;
        all.commit()?;
        Ok(true)
    };
    match append() {
        Ok(true) => Ok(()),
        Ok(false) => Err(io::Error::other("it is no history of this version")),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Reads rows; of one name if there is one.
///
/// # Errors
/// When there is no file, or it is something else.
pub(super) fn read<T>(
    path: &Path,
    select: &str,
    name: Option<&str>,
    row: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> io::Result<Vec<T>> {
    // SQLite does not say that a file is missing.
    live::exists(path)?;
    let read = || -> rusqlite::Result<Vec<T>> {
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        file.busy_timeout(std::time::Duration::from_secs(5))?;
        let mut all = file.prepare(select)?;
        all.query_map([name], row)?.collect()
    };
    read().map_err(io::Error::other)
}
