//! What was measured earlier: an SQLite file.

use std::io;
use std::path::{Path, PathBuf};

use kvmtime_core::reading::Earlier;

use super::live;

/// Where the history is kept when nobody says: root's below /var/lib, anybody else's where their programs keep what they remember
/// (XDG Base Directory Specification, `XDG_STATE_HOME`).
pub(crate) fn place() -> PathBuf {
    const NAME: &str = "kvmtime/history.sqlite";
    let state = live::variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = || live::variable("HOME").map(|home| Path::new(&home).join(".local/state"));
    match live::is_root() {
        true => Path::new("/var/lib").join(NAME),
        false => state.or_else(home).unwrap_or_default().join(NAME),
    }
}

#[cfg(feature = "history")]
mod file {
    use kvmtime_core::reading::Interval;
    use kvmtime_core::units::{Nanos, Ppb};
    use rusqlite::{Connection, OpenFlags, Row, params};

    use super::*;

    /// The layout below; a file of another is not touched.
    const VERSION: i64 = 1;
    const LAYOUT: &str = "CREATE TABLE measurement (
        started INTEGER NOT NULL, clock TEXT NOT NULL, against TEXT NOT NULL, method TEXT NOT NULL,
        lasted_ns INTEGER NOT NULL, readings INTEGER NOT NULL,
        offset_lo_ns INTEGER NOT NULL, offset_hi_ns INTEGER NOT NULL,
        rate_ppb REAL, rate_lo_ppb REAL, rate_hi_ppb REAL, events INTEGER NOT NULL) STRICT;
        CREATE INDEX measurement_by_clock ON measurement (clock, started);
        PRAGMA user_version = 1;";
    const COLUMNS: &str = "started, clock, against, method, lasted_ns, readings, offset_lo_ns, offset_hi_ns, rate_ppb, \
                           rate_lo_ppb, rate_hi_ppb, events";

    /// Adds entries, all or none.
    ///
    /// # Errors
    /// When the file cannot be made, or is no history.
    pub(crate) fn append(path: &Path, entries: &[Earlier]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            live::make_folder(folder)?;
        }
        let write = || -> rusqlite::Result<bool> {
            let mut file = Connection::open(path)?;
            file.busy_timeout(std::time::Duration::from_secs(5))?;
            let all = file.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let version: i64 = all.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            let empty: bool =
                all.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
            match (version, empty) {
                (0, true) => all.execute_batch(LAYOUT)?,
                (VERSION, _) => {}
                _ => return Ok(false),
            }
            for entry in entries {
                let values = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12";
                let range = entry.confidence;
                all.execute(
                    &format!("INSERT INTO measurement ({COLUMNS}) VALUES ({values})"),
                    params![
                        entry.started,
                        entry.clock,
                        entry.against,
                        entry.method,
                        entry.lasted.0,
                        entry.readings,
                        entry.offset.lo.0,
                        entry.offset.hi.0,
                        entry.rate.map(|rate| rate.0),
                        range.map(|range| range[0].0),
                        range.map(|range| range[1].0),
                        entry.events
                    ],
                )?;
            }
            all.commit()?;
            Ok(true)
        };
        match write() {
            Ok(true) => Ok(()),
            Ok(false) => Err(io::Error::other("it is no history of this version")),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// The entries, oldest first; of one clock if that is named.
    ///
    /// # Errors
    /// When there is none, or it is something else.
    pub(crate) fn read(path: &Path, clock: Option<&str>) -> io::Result<Vec<Earlier>> {
        // SQLite does not say that a file is missing.
        live::exists(path)?;
        let read = || -> rusqlite::Result<Vec<Earlier>> {
            let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut all = file.prepare(&format!(
                "SELECT {COLUMNS} FROM measurement WHERE ?1 IS NULL OR clock = ?1 ORDER BY started, rowid"
            ))?;
            all.query_map([clock], entry)?.collect()
        };
        read().map_err(io::Error::other)
    }

    fn entry(row: &Row<'_>) -> rusqlite::Result<Earlier> {
        let (lo, hi): (Option<f64>, Option<f64>) = (row.get(9)?, row.get(10)?);
        Ok(Earlier {
            started: row.get(0)?,
            clock: row.get(1)?,
            against: row.get(2)?,
            method: row.get(3)?,
            lasted: Nanos(row.get(4)?),
            readings: row.get(5)?,
            offset: Interval::between(Nanos(row.get(6)?), Nanos(row.get(7)?)),
            rate: row.get::<_, Option<f64>>(8)?.map(Ppb),
            confidence: lo.zip(hi).map(|(lo, hi)| [Ppb(lo), Ppb(hi)]),
            events: row.get(11)?,
        })
    }
}

#[cfg(not(feature = "history"))]
mod file {
    use super::*;

    /// Adds nothing.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn append(_: &Path, _: &[Earlier]) -> io::Result<()> {
        Err(io::Error::other("this kvmtime is built without a history"))
    }

    /// Reads nothing.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn read(_: &Path, _: Option<&str>) -> io::Result<Vec<Earlier>> {
        Err(io::Error::other("this kvmtime is built without a history"))
    }
}

pub(crate) use file::{append, read};
