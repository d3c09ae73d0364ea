//! Looks where a running program is, many times a second: how much of its time it spends in the vDSO.

use std::io;
use std::ops::Range;

use kvmtime_core::bench::{Observed, Seen, Share};
use kvmtime_sys::sampling::Sampler;
use kvmtime_sys::{clock_read, signals};
use kvmtime_wire::vdso;

use super::super::Error;
use crate::world;

/// Odd, so that it does not keep step with what happens a thousand times a second.
const HZ: u64 = 997;
/// How often the samples are fetched, nanoseconds: the kernel has room for four seconds of them.
const FETCH_NS: i64 = 200_000_000;

/// Watches the threads that a process has now, for so long.
///
/// # Errors
/// When there is no such process, or it may not be watched.
pub(crate) fn watch(pid: u32, seconds: f64) -> Result<Observed, Error> {
    let failed = |why| Error::Watching { pid, why };
    signals::catch().map_err(Error::Signals)?;
    let maps = world::read(format!("/proc/{pid}/maps")).map_err(failed)?;
    let inside = vdso::range(&maps).ok_or_else(|| failed(io::Error::other("it has no vDSO")))?;
    let mut samplers = samplers(pid).map_err(failed)?;
    let mut share = Share { samples: 0, inside: 0 };
    let now = || clock_read::now(libc::CLOCK_MONOTONIC).map_err(failed);
    #[expect(clippy::cast_possible_truncation, reason = "hundreds of years fit")]
    let end = now()? + (seconds * 1e9) as i64;
    loop {
        let time = now()?;
        if time >= end {
            break;
        }
        clock_read::sleep_until(end.min(time + FETCH_NS));
        if let Some(signal) = signals::caught() {
            return Err(Error::Stopped(signal));
        }
        for sampler in &mut samplers {
            add(&mut share, &sampler.addresses(), &inside);
        }
    }
    let command = world::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    Ok(Observed {
        program: format!("process {pid} ({})", command.trim()),
        wall_s: seconds,
        cpu_s: share.samples as f64 / HZ as f64,
        seen: Seen::Sampled(share),
        notes: vec![format!(
            "{} threads were looked at; threads that began later, system calls and other processes were not",
            samplers.len()
        )],
    })
}

fn samplers(pid: u32) -> io::Result<Vec<Sampler>> {
    let threads = world::threads(pid)?;
    threads.into_iter().map(|thread| Sampler::open(thread, HZ)).collect()
}

fn add(share: &mut Share, addresses: &[u64], inside: &Range<u64>) {
    share.samples += addresses.len() as u64;
    share.inside += addresses.iter().filter(|address| inside.contains(address)).count() as u64;
}
