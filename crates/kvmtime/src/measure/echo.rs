//! A guest's clock from its host, by a `kvmtime echo` that runs in the guest and answers at a port.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kvmtime_core::reading::{Interval, Link, Moment, Reading};
use kvmtime_core::units::Nanos;
use kvmtime_wire::echo::{self, ANSWER, Answer, QUESTION};

use super::{HERE, Names, Pair, source};
use crate::world::{Bracket, Listener, Talk, clock, is_there};

const PATIENCE: Nanos = Nanos(3_000_000_000);
/// A listener looks this often whether it should end.
const PAUSE_MS: i32 = 1000;

/// While nobody is at the other end of a port it is looked at this often.
const NOBODY: Nanos = Nanos(50_000_000);

/// Where an echo answers, or is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Port {
    /// A device, or a socket.
    Path(PathBuf),
    /// `vsock:PORT` to answer, `vsock:CID:PORT` to ask.
    Vsock { cid: u32, port: u32 },
}

impl FromStr for Port {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let Some(vsock) = text.strip_prefix("vsock:") else {
            return Ok(Self::Path(text.strip_prefix("unix:").unwrap_or(text).into()));
        };
        let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        match vsock.split_once(':') {
            Some((cid, port)) => Ok(Self::Vsock { cid: number(cid)?, port: number(port)? }),
            None => Ok(Self::Vsock { cid: kvmtime_sys::vsock::ANY, port: number(vsock)? }),
        }
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Vsock { cid: kvmtime_sys::vsock::ANY, port } => write!(f, "vsock:{port}"),
            Self::Vsock { cid, port } => write!(f, "vsock:{cid}:{port}"),
        }
    }
}

/// An echo that is asked.
pub(super) struct Echo {
    talk: Talk,
    port: Port,
}

impl Echo {
    /// Opens the port.
    ///
    /// # Errors
    /// When there is nothing there.
    pub(super) fn open(port: &Port) -> io::Result<Self> {
        let talk = match port {
            Port::Path(path) => unix_or_device(path)?,
            Port::Vsock { cid, port } => Talk::vsock(*cid, *port)?,
        };
        Ok(Self { talk, port: port.clone() })
    }
}

fn unix_or_device(path: &Path) -> io::Result<Talk> {
    Talk::unix(path).or_else(|error| match error.raw_os_error() {
        // It is no socket.
        Some(libc::ECONNREFUSED | libc::ENOTSOCK) => Talk::device(path).or(Err(error)),
        _ => Err(error),
    })
}

impl Pair for Echo {
    fn names(&self) -> Names {
        Names::new(&format!("guest at {}", self.port), HERE, "kvmtime echo")
    }

    fn read(&mut self) -> io::Result<Reading> {
        self.talk.drain()?;
        let deadline = clock::monotonic() + PATIENCE;
        let bracket = Bracket::begin();
        self.talk.write(&[QUESTION])?;
        let first = self.talk.byte(deadline)?;
        let bracket = bracket.end();
        let line = String::from_utf8_lossy(&self.talk.line(deadline)?).into_owned();
        let other = || io::Error::other("it answers something else");
        let answer = echo::parse(&line).filter(|_| first == ANSWER).ok_or_else(other)?;
        let moment = moment(&answer);
        Ok(bracket.remote(Nanos(answer.realtime), moment.shift.width() + Nanos(1), Some(moment)))
    }

    fn onward(&mut self) -> Option<Link> {
        source::host_to_utc()
    }
}

fn moment(answer: &Answer) -> Moment {
    let interval = |[a, b]: [i64; 2]| Interval::between(Nanos(a), Nanos(b));
    Moment {
        monotonic: Nanos(answer.monotonic),
        shift: interval(answer.shift),
        asleep: interval(answer.asleep),
    }
}

/// Answers at a port until the program is asked to end.
///
/// # Errors
/// When the port cannot be opened.
pub(crate) fn answer(port: &Port) -> io::Result<()> {
    let listener = match port {
        Port::Path(path) if is_there(&path.to_string_lossy()) => return at_device(path),
        Port::Path(path) => Listener::unix(path)?,
        Port::Vsock { port, .. } => Listener::vsock(*port)?,
    };
    while !clock::interrupted() {
        if let Some(mut talk) = listener.accept(PAUSE_MS)? {
            until_hung_up(&mut talk)?;
        }
    }
    Ok(())
}

/// A port stays when who asked there goes, and may be there before anybody asks.
fn at_device(path: &Path) -> io::Result<()> {
    let mut talk = Talk::device(path)?;
    while !clock::interrupted() {
        until_hung_up(&mut talk)?;
        clock::sleep_until(clock::monotonic() + NOBODY);
    }
    Ok(())
}

fn until_hung_up(talk: &mut Talk) -> io::Result<()> {
    match serve(talk) {
        Err(error) if hung_up(&error) => Ok(()),
        done => done,
    }
}

fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

fn serve(talk: &mut Talk) -> io::Result<()> {
    while !clock::interrupted() {
        if !talk.wait(clock::monotonic() + Nanos(1_000_000 * i64::from(PAUSE_MS)))? {
            continue;
        }
        if talk.byte(clock::monotonic())? == QUESTION {
            let answer = now();
            talk.write(answer.line().as_bytes())?;
        }
    }
    Ok(())
}

fn now() -> Answer {
    let moment = clock::moment();
    let ends = |interval: Interval| [interval.lo.0, interval.hi.0];
    Answer {
        // At least; at most further by the width of the shift.
        realtime: (moment.monotonic + moment.shift.lo).0,
        monotonic: moment.monotonic.0,
        shift: ends(moment.shift),
        asleep: ends(moment.asleep),
        tsc: clock::count(),
    }
}
