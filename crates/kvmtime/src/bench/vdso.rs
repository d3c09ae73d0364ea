//! Whether a function of the C library stays in the vDSO: it is called where system calls that read clocks are forbidden, and
//! what it costs is compared with the system call.

use kvmtime_core::bench::{Path, Table, Vdso};
use kvmtime_sys::seccomp;

use super::cell::Cell;

/// Reads of each clock in the trial: a vDSO that falls back only now and then is one that falls back.
const READS: u32 = 1000;

/// Fills in what shows it, for the clocksource that the machine is on.
pub(super) fn prove(cells: &[Cell], table: &mut Table) {
    let functions: Vec<Cell> =
        cells.iter().copied().filter(|cell| cell.path == Path::Library).collect();
    let refused = trial(&functions);
    for (index, cell) in functions.iter().enumerate() {
        let call = table.cost(cell.clock, Path::SystemCall).map(|cost| cost.ns.p50);
        let found = table.reads.iter_mut().find(|c| c.clock == cell.clock && c.path == cell.path);
        let Some(cost) = found else { continue };
        cost.vdso = Some(Vdso {
            refused: refused.as_ref().map(|refused| (refused[index], READS)),
            ratio: call.map(|call| cost.ns.p50 / call),
        });
    }
}

/// Reads that failed, of each; in a thread, since what is forbidden stays so.
fn trial(functions: &[Cell]) -> Option<Vec<u32>> {
    let functions = functions.to_vec();
    let thread = std::thread::spawn(move || {
        seccomp::without_clocks().ok()?;
        let refused = |cell: &Cell| (0..READS).map(|_| u32::from(!cell.read())).sum();
        Some(functions.iter().map(refused).collect())
    });
    thread.join().ok().flatten()
}
