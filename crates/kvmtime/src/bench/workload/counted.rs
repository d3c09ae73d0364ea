//! Runs a program whose calls of the vDSO are counted, at full speed.
//!
//! Before the first instruction of each program that is run, the functions that its vDSO offers are replaced by ones that count
//! and then call what was meant. What programs find there they call, whatever C library they are made with. Not counted is who
//! makes the system call by himself or reads the processor's counter.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use kvmtime_core::bench::{Calls, Observed, Seen};
use kvmtime_sys::{clock_read, memfd, signals, trace};
use kvmtime_wire::vdso::{self, Function, Image};

use super::super::{Error, cell};
use super::stub::{self, COUNTERS, GETTIMEOFDAY, TIME};
use crate::world;

const PAGE: u64 = 4096;
/// A function that counts has its place in a page of them.
const ROOM: u64 = 64;

/// A run of a program.
#[derive(Debug)]
pub(in super::super) struct Ran {
    /// What it called.
    pub(in super::super) calls: Vec<Calls>,
    /// How it ended.
    pub(in super::super) status: ExitStatus,
    cpu_s: f64,
    /// Why some program that it ran was not counted.
    uncounted: Option<String>,
}

/// Runs a program to its end. What it prints goes to standard error, to stand apart from what is said of it.
///
/// # Errors
/// When it cannot be run, or not be counted.
pub(crate) fn run(command: &[OsString]) -> Result<Observed, Error> {
    signals::catch().map_err(Error::Signals)?;
    let words = command.iter().map(|word| word.to_string_lossy().replace('\n', " "));
    let program = words.collect::<Vec<_>>().join(" ");
    let now = || clock_read::now(libc::CLOCK_MONOTONIC);
    let ran = now().and_then(|start| {
        let ran = count(command, Stdio::from(io::stderr()))?;
        Ok((ran, (now()? - start) as f64 / 1e9))
    });
    let (ran, wall_s) = match ran {
        Ok(ran) => ran,
        Err(why) => return Err(Error::Running { program, why }),
    };
    signals::caught().map_or(Ok(()), |signal| Err(Error::Stopped(signal)))?;
    let count: u64 = ran.calls.iter().map(|calls| calls.count).sum();
    let counting_s = count as f64 * counting_ns() / 1e9;
    let uncounted = ran.uncounted.map(|why| format!("of what it ran some was not counted: {why}"));
    let failed = (!ran.status.success()).then(|| format!("it ended with {}", ran.status));
    Ok(Observed {
        program,
        wall_s: wall_s - counting_s.min(wall_s / 2.0),
        cpu_s: ran.cpu_s - counting_s.min(ran.cpu_s / 2.0),
        seen: Seen::Counted(ran.calls),
        notes: uncounted.into_iter().chain(failed).collect(),
    })
}

/// What counting adds to a call.
fn counting_ns() -> f64 {
    const TIMES: u32 = 100_000;
    let (counter, start) = (AtomicU64::new(0), clock_read::now(libc::CLOCK_MONOTONIC));
    for _ in 0..TIMES {
        counter.fetch_add(1, Ordering::SeqCst);
    }
    let end = clock_read::now(libc::CLOCK_MONOTONIC);
    start.and_then(|start| Ok((end? - start) as f64 / f64::from(TIMES))).unwrap_or_default()
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be run, or not be counted.
pub(in super::super) fn count(command: &[OsString], output: Stdio) -> io::Result<Ran> {
    let counters = memfd::create(i64::try_from(PAGE).unwrap_or_default())?;
    let first = trace::start(command, output)?;
    if let Err(why) = replace(first, &counters) {
        kvmtime_sys::process::end(first);
        while trace::wait().is_some() {}
        return Err(why);
    }
    trace::go_on(first, 0);
    let mut uncounted = None;
    let (status, cpu_s) = loop {
        match trace::wait() {
            Some((pid, trace::Event::Gone(status, cpu_s))) if pid == first => {
                break (status, cpu_s);
            }
            Some((pid, trace::Event::Became)) => {
                let replaced = trace::step(pid).and_then(|()| replace(pid, &counters));
                uncounted = uncounted.or(replaced.err().map(|why| world::plain(&why)));
                trace::go_on(pid, 0);
            }
            Some((pid, trace::Event::Stopped(signal))) => trace::go_on(pid, signal),
            Some((_, trace::Event::Gone(..))) => {}
            // A terminal sends its signals to the program as well, others only to this one.
            None if signals::caught().is_some() => kvmtime_sys::process::end(first),
            None => {}
        }
    };
    Ok(Ran { calls: calls(memfd::numbers(&counters)?), status, cpu_s, uncounted })
}

fn calls(numbers: [u64; COUNTERS]) -> Vec<Calls> {
    let name = |index| match index {
        GETTIMEOFDAY => Some("gettimeofday"),
        TIME => Some("time"),
        clock => cell::name(clock),
    };
    let called = numbers.into_iter().enumerate().filter(|(_, count)| *count > 0);
    let calls = called.map(|(index, count)| Calls {
        clock: name(index).map_or_else(|| format!("clock {index}"), str::to_owned),
        count,
    });
    calls.collect()
}

/// Replaces the functions of one that is stopped before its first instruction.
fn replace(pid: u32, counters: &OwnedFd) -> io::Result<()> {
    let lacking = |what: &str| io::Error::new(io::ErrorKind::Unsupported, what.to_owned());
    let maps = world::read(format!("/proc/{pid}/maps"))?;
    let range = vdso::range(&maps).ok_or_else(|| lacking("it has no vDSO"))?;
    let bytes = world::memory(pid, range.clone())?;
    let image: Option<Image> = vdso::parse(&bytes);
    let image = image.filter(|image| image.machine == stub::MACHINE);
    let image = image.ok_or_else(|| lacking("only 64-bit x86 programs can be counted"))?;
    // The vDSO makes a system call where it cannot tell the time by itself, so it has the instruction: 0f 05.
    let found = bytes.windows(2).position(|pair| pair == [0x0f, 0x05]);
    let instruction = found.ok_or_else(|| lacking("its vDSO makes no system calls"))? as u64;
    let map = |protection: i32, flags: i32, fd: u64| {
        let numbers = [protection, flags].map(|n| u64::try_from(n).unwrap_or_default());
        let arguments = [0, PAGE, numbers[0], numbers[1], fd, 0];
        trace::call(pid, range.start + instruction, libc::SYS_mmap, arguments)
    };
    let fd = u64::try_from(counters.as_raw_fd()).map_err(io::Error::other)?;
    let data = map(libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, fd)?;
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let code = map(libc::PROT_READ | libc::PROT_EXEC, private, u64::MAX)?;
    for (place, function) in (code..).step_by(64).zip(image.functions.iter().filter(|f| counts(f)))
    {
        let meant = range.start + function.start;
        let stub = match index(function) {
            Some(index) => stub::plain(data + 8 * index as u64, meant),
            None => stub::by_clock(data, meant),
        };
        debug_assert!(stub.len() as u64 <= ROOM && place + ROOM <= code + PAGE);
        trace::write(pid, place, &stub)?;
        // A symbol's value is added to where the vDSO lies, which wraps around.
        let value = place.wrapping_sub(range.start);
        trace::write(pid, range.start + function.place, &value.to_le_bytes())?;
    }
    Ok(())
}

/// Whether it reads a clock.
fn counts(function: &Function) -> bool {
    let name = function.name.trim_start_matches("__vdso_");
    ["clock_gettime", "gettimeofday", "time"].contains(&name)
}

/// Its counter; none where the clock says which.
fn index(function: &Function) -> Option<usize> {
    match function.name.trim_start_matches("__vdso_") {
        "gettimeofday" => Some(GETTIMEOFDAY),
        "time" => Some(TIME),
        _ => None,
    }
}
