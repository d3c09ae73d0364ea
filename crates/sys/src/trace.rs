//! `ptrace(2)`: a program and what it starts, stopped whenever one of them has become another program, and changed there.
//!
//! All calls for a program must come from the thread that started it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};

/// Starts a program, which stops before its first instruction. What it prints goes to `output`.
///
/// # Errors
/// When it cannot be run.
#[expect(clippy::disallowed_types, reason = "a traced program is no other's to start")]
pub fn start(command: &[OsString], output: Stdio) -> io::Result<u32> {
    let [program, arguments @ ..] = command else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).stdout(output);
    let traced = || {
        // SAFETY: between fork and exec, a single system call; it touches no memory.
        match unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: the closure calls nothing but ptrace, which is async-signal-safe.
    unsafe { command.pre_exec(traced) };
    let pid = command.spawn()?.id();
    let mut status = 0;
    // SAFETY: the pointer leads to a live value.
    let stopped = unsafe { libc::waitpid(id(pid)?, &raw mut status, 0) };
    if stopped < 0 || !libc::WIFSTOPPED(status) {
        return Err(io::Error::other("it was gone before it began"));
    }
    let follow = libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE;
    request(libc::PTRACE_SETOPTIONS, pid, 0, u64::try_from(follow).unwrap_or_default())?;
    Ok(pid)
}

/// What happened to one of the traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// It has become another program, of which no instruction has run.
    Became,
    /// It stopped for a reason that is its own business, and goes on with this signal, or none.
    Stopped(i32),
    /// It is gone. With what it and the children that it waited for took of the processors, seconds.
    Gone(ExitStatus, f64),
}

/// Waits for the next one; none when a signal came to this process, or when there is nothing to wait for.
pub fn wait() -> Option<(u32, Event)> {
    let mut status = 0;
    // SAFETY: all-zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers lead to live values.
    let pid = unsafe { libc::wait4(-1, &raw mut status, libc::__WALL, &raw mut usage) };
    let pid = u32::try_from(pid).ok()?;
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    if !libc::WIFSTOPPED(status) {
        let cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        return Some((pid, Event::Gone(ExitStatus::from_raw(status), cpu_s)));
    }
    let event = match (status >> 16, libc::WSTOPSIG(status)) {
        (libc::PTRACE_EVENT_EXEC, _) => Event::Became,
        // A new child or thread begins with SIGSTOP, which was not sent by anybody.
        (0, libc::SIGSTOP) => Event::Stopped(0),
        (0, signal) => Event::Stopped(signal),
        _ => Event::Stopped(0),
    };
    Some((pid, event))
}

/// Lets one go on, with a signal unless that is 0. One that is gone needs no leave.
pub fn go_on(pid: u32, signal: i32) {
    let _ = request(libc::PTRACE_CONT, pid, 0, u64::try_from(signal).unwrap_or_default());
}

/// Writes into the memory of one that is stopped, also where it may not write itself; the last word is filled up with what is there.
///
/// # Errors
/// Where it has no memory.
pub fn write(pid: u32, address: u64, bytes: &[u8]) -> io::Result<()> {
    for (place, bytes) in (address..).step_by(8).zip(bytes.chunks(8)) {
        let mut word = [0; 8];
        if bytes.len() < word.len() {
            word = peek(pid, place)?;
        }
        word[..bytes.len()].copy_from_slice(bytes);
        request(libc::PTRACE_POKEDATA, pid, place, u64::from_ne_bytes(word))?;
    }
    Ok(())
}

fn peek(pid: u32, place: u64) -> io::Result<[u8; 8]> {
    let pid = id(pid)?;
    // A word of -1 is told from an error by errno alone (ptrace(2)).
    // SAFETY: errno is a thread's own.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: a word of the other process is returned; no memory of ours is touched.
    let word = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, pid, place, 0) };
    match io::Error::last_os_error() {
        error if error.raw_os_error() != Some(0) => Err(error),
        _ => Ok(word.to_ne_bytes()),
    }
}

/// Has one that is stopped make a system call, with the instruction for that at an address of its own, and leaves it as it was.
///
/// # Errors
/// When it does not come back from that, or the call fails.
#[cfg(target_arch = "x86_64")]
pub fn call(
    pid: u32,
    instruction: u64,
    number: libc::c_long,
    arguments: [u64; 6],
) -> io::Result<u64> {
    let before = registers(pid)?;
    let mut regs = before;
    regs.rip = instruction;
    regs.rax = u64::try_from(number).map_err(io::Error::other)?;
    // It is in no system call whose end would change the registers.
    regs.orig_rax = u64::MAX;
    [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9] = arguments;
    set_registers(pid, &regs)?;
    step(pid)?;
    let result = registers(pid)?.rax;
    set_registers(pid, &before)?;
    // Errors are the last page of numbers (Linux include/linux/err.h, MAX_ERRNO).
    match result.cast_signed() {
        error @ -4095..0 => {
            Err(io::Error::from_raw_os_error(i32::try_from(-error).map_err(io::Error::other)?))
        }
        _ => Ok(result),
    }
}

/// Elsewhere the registers have other names.
///
/// # Errors
/// Always.
#[cfg(not(target_arch = "x86_64"))]
pub fn call(_: u32, _: u64, _: libc::c_long, _: [u64; 6]) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Lets one go on by one instruction, or to the end of the system call that it is in.
///
/// # Errors
/// When something else happens to it.
pub fn step(pid: u32) -> io::Result<()> {
    request(libc::PTRACE_SINGLESTEP, pid, 0, 0)?;
    let mut status = 0;
    loop {
        // SAFETY: the pointer leads to a live value.
        let waited = unsafe { libc::waitpid(id(pid)?, &raw mut status, libc::__WALL) };
        match waited {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(io::Error::last_os_error()),
            _ => break,
        }
    }
    match libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGTRAP {
        true => Ok(()),
        false => Err(io::Error::other("it did not stop after one instruction")),
    }
}

#[cfg(target_arch = "x86_64")]
fn registers(pid: u32) -> io::Result<libc::user_regs_struct> {
    // SAFETY: all-zero is a valid `user_regs_struct`.
    let mut regs: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    let pid = id(pid)?;
    // SAFETY: the kernel writes the struct that the pointer leads to.
    match unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, &raw mut regs) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(regs),
    }
}

#[cfg(target_arch = "x86_64")]
fn set_registers(pid: u32, regs: &libc::user_regs_struct) -> io::Result<()> {
    let pid = id(pid)?;
    // SAFETY: the kernel reads the live struct.
    match unsafe { libc::ptrace(libc::PTRACE_SETREGS, pid, 0, std::ptr::from_ref(regs)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// `request` must be one that takes numbers and touches no memory of ours.
#[cfg(target_env = "gnu")]
type Request = libc::c_uint;
#[cfg(not(target_env = "gnu"))]
type Request = libc::c_int;

fn request(request: Request, pid: u32, address: u64, data: u64) -> io::Result<()> {
    let pid = id(pid)?;
    // SAFETY: see the callers: they ask for PTRACE_SETOPTIONS, CONT, POKEDATA and SINGLESTEP, which take numbers.
    match unsafe { libc::ptrace(request, pid, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn id(pid: u32) -> io::Result<libc::pid_t> {
    libc::pid_t::try_from(pid).map_err(io::Error::other)
}
