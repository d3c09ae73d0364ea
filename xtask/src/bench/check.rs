//! `cargo xtask bench check`.

use std::ffi::OsString;

use super::contest::{Contest, Verdict};
use super::program::{self, Program};

/// How many domain XML files are checked.
pub(super) const FILES: u64 = 10_000;
/// What `check` of them may hold in memory.
const MOST_MIB: u64 = 64;

pub(super) fn run() -> anyhow::Result<bool> {
    let kvmtime = program::kvmtime()?;
    let folder = tempfile::tempdir()?;
    let files = super::write(folder.path(), FILES)?;
    let xmllint = ["xmllint".into(), "--noout".into()].into_iter();
    let batch = Contest {
        what: "`check FOLDER` / `xmllint --noout FILE…`",
        ours: Program::new([kvmtime.as_os_str(), "check".as_ref(), folder.path().as_os_str()]),
        peer: Program::new(xmllint.chain(files.into_iter().map(OsString::from))),
        runs: 3,
        target: 1.0,
    };
    let machine = Contest {
        what: "`check host guest` / `virt-host-validate qemu`",
        ours: Program::new([
            kvmtime.as_os_str(),
            "check".as_ref(),
            "host".as_ref(),
            "guest".as_ref(),
        ]),
        peer: Program::new(["virt-host-validate", "qemu"]),
        runs: 15,
        target: 0.5,
    };
    println!("{}\n", super::machine::line());
    println!("| what | kvmtime | peer | ratio (spread) | control (spread) | target | verdict |");
    println!("|---|---:|---:|---:|---:|---:|---|");
    let batch = batch.run()?;
    println!("{}", batch.row());
    let machine = machine.run()?;
    println!("{}", machine.row());
    let peak_mib = batch.peak_kib.div_ceil(1024);
    let memory = if peak_mib <= MOST_MIB { Verdict::Met } else { Verdict::Missed };
    println!(
        "| peak memory of `check FOLDER` | {peak_mib} MiB | | | | ≤ {MOST_MIB} MiB | {} |",
        memory.word()
    );
    let verdicts = [batch.verdict(), machine.verdict(), memory];
    Ok(!verdicts.contains(&Verdict::Missed))
}
