//! What was measured.

use std::io;
use std::path::Path;

use kvmtime_core::reading::{Earlier, Interval};
use kvmtime_core::units::{Nanos, Ppb};
use rusqlite::{Row, params};

use super::file;

const COLUMNS: &str = "started, clock, against, method, lasted_ns, readings, offset_lo_ns, offset_hi_ns, rate_ppb, \
                       rate_lo_ppb, rate_hi_ppb, events";

/// Adds entries, all or none.
///
/// # Errors
/// When the file cannot be made, or is no history.
pub(crate) fn append(path: &Path, entries: &[Earlier]) -> io::Result<()> {
    file::append(path, |all| {
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
        Ok(())
    })
}

/// The entries, oldest first; of one clock if that is named.
///
/// # Errors
/// When there is none, or it is something else.
pub(crate) fn read(path: &Path, clock: Option<&str>) -> io::Result<Vec<Earlier>> {
    let select = format!(
        "SELECT {COLUMNS} FROM measurement WHERE ?1 IS NULL OR clock = ?1 ORDER BY started, rowid"
    );
    file::read(path, &select, clock, entry)
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
