//! A guest agent of the test's own at a socket, as QEMU's channel offers one, with a clock of its own and the sickness that
//! a test asks for. No guest is needed, and all that was asked is known.
//!
//! Well, it says what qemu-ga 7.2 says, word for word.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const GET: &str = "guest-get-time";
pub(crate) const SET: &str = "guest-set-time";
pub(crate) const SYNC: &str = "guest-sync-delimited";

/// What is wrong with a command.
#[derive(Clone)]
pub(crate) enum Sick {
    /// It is carried out, and nothing is said.
    Silent,
    /// Half of the answer, and then nothing.
    Half,
    /// Bytes of every kind, and lines of them.
    Garbage,
    /// This many bytes without an end of line, then the answer.
    Endless(usize),
    /// Arrays in arrays, this deep, instead of the answer.
    Deep(usize),
    /// Another answer, whatever is true.
    Says(Value),
    /// A line that need not be JSON.
    Line(&'static str),
    /// The answer comes this late; the agent does one thing after the other, so all others wait.
    Late(Duration),
    /// The answer to one question comes when the next is asked, ahead of that question's.
    Stale,
    /// An error in these words, and nothing is done: class and description.
    Refused(&'static str, &'static str),
    /// It is done, and then an error in these words.
    Failed(&'static str),
    /// "Done", and nothing is.
    Idle,
    /// The clock is set, and set back this long after.
    Fought(Duration),
    /// It is done this much later than it is asked for, as hwclock or a busy guest does.
    Slow(Duration),
    /// The connection ends.
    HangsUp,
}

impl Sick {
    /// An administrator's `--block-rpcs`, by the words of QEMU 7.2 and of those before 5.
    pub(crate) const DISABLED: Self =
        Self::Refused("CommandNotFound", "Command guest-set-time has been disabled");
    pub(crate) const DISABLED_ONCE: Self = Self::Refused(
        "GenericError",
        "The command guest-set-time has been disabled for this instance",
    );
    /// There is no hwclock in the guest.
    pub(crate) const NO_HWCLOCK: Self =
        Self::Refused("GenericError", "this feature or command is not currently supported");
    /// It is there and cannot do it: the clock is set by then.
    pub(crate) const HWCLOCK_FAILED: Self =
        Self::Failed("hwclock failed to set hardware clock to system time");
}

/// A time that was given to the agent.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    /// When it came, by this machine's clock, ns since 1970.
    pub(crate) at: i64,
    /// What came: nothing is the form that takes the time from the RTC.
    pub(crate) time: Value,
}

impl Set {
    /// How far a clock would be off that took this when it came, ns.
    pub(crate) fn error(&self) -> i64 {
        self.time.as_i64().expect("a time") - self.at
    }
}

/// An agent that is not started.
pub(crate) struct Patient {
    offset: i64,
    sicknesses: Vec<Sickness>,
    delay: Duration,
    windows: bool,
    /// Nothing: it may run none.
    programs: Option<Vec<(&'static str, i64)>>,
}

#[derive(Clone)]
struct Sickness {
    command: &'static str,
    /// The first time and the last that it shows, from 0.
    times: std::ops::Range<usize>,
    sick: Sick,
}

impl Patient {
    /// Its clock is this much ahead of this machine's.
    pub(crate) fn ahead(offset: Duration) -> Self {
        Self {
            offset: i64::try_from(offset.as_nanos()).unwrap(),
            sicknesses: vec![],
            delay: Duration::from_millis(1),
            windows: false,
            programs: None,
        }
    }

    /// It runs on Windows: it reads `GetSystemTimeAsFileTime`, which goes on 64 times a second (glib gmain.c:g_get_real_time), and
    /// sets whole milliseconds by `SetSystemTime` (qemu qga/commands-win32.c:qmp_guest_set_time).
    #[must_use]
    pub(crate) fn windows(self) -> Self {
        Self { windows: true, ..self }
    }

    /// It may run programs, and has these: each command, and how it ends.
    #[must_use]
    pub(crate) fn runs(self, programs: &[(&'static str, i64)]) -> Self {
        Self { programs: Some(programs.to_vec()), ..self }
    }

    /// Its clock is this much behind.
    pub(crate) fn behind(offset: Duration) -> Self {
        let ahead = Self::ahead(offset);
        Self { offset: -ahead.offset, ..ahead }
    }

    /// A command is sick.
    #[must_use]
    pub(crate) fn sick(self, command: &'static str, sick: Sick) -> Self {
        self.sick_in(command, 0..usize::MAX, sick)
    }

    /// A command is sick some of the times that it is given, counted from 0.
    #[must_use]
    pub(crate) fn sick_in(
        mut self,
        command: &'static str,
        times: std::ops::Range<usize>,
        sick: Sick,
    ) -> Self {
        self.sicknesses.push(Sickness { command, times, sick });
        self
    }

    /// How long each answer takes, of which half passes before the deed: 1 ms, unless it is said.
    #[must_use]
    pub(crate) fn takes(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Starts it.
    pub(crate) fn start(self) -> Agent {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let state = State {
            offset: self.offset,
            windows: self.windows,
            programs: self.programs.clone(),
            back: None,
            asked: vec![],
            sets: vec![],
            ran: vec![],
        };
        let agent = Agent { folder, state: Arc::new(Mutex::new(state)) };
        let (patient, state) = (Arc::new(self), Arc::clone(&agent.state));
        // It ends with the test's process. A channel of QEMU has one client at a time; the next waits.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Whoever is talked nonsense to goes away at any time.
                let _ = patient.serve(client, &state);
            }
        });
        agent
    }

    fn serve(&self, mut client: UnixStream, state: &Mutex<State>) -> std::io::Result<()> {
        let mut from = BufReader::new(client.try_clone()?);
        let mut stale = Vec::new();
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line)? > 0 {
            // As qemu-ga's parser does: what came before is over, and not a command.
            if let Some(at) = line.iter().rposition(|byte| *byte == DELIMITER) {
                client.write_all(&refused("GenericError", "JSON parse error, stray '\u{fffd}'"))?;
                line.drain(..=at);
            }
            let asked: Value = serde_json::from_slice(&line).unwrap_or_default();
            line.clear();
            let name = asked["execute"].as_str().unwrap_or_default().to_owned();
            let arguments = &asked["arguments"];
            let time = state.lock().unwrap().ask(&name, arguments);
            let sick = self
                .sicknesses
                .iter()
                .find(|sickness| sickness.command == name && sickness.times.contains(&time));
            let sick = sick.map(|sickness| sickness.sick.clone());
            thread::sleep(self.delay / 2);
            let answer = match &sick {
                Some(Sick::Refused(class, words)) => refused(class, words),
                Some(Sick::Idle) => answer(&json!({})),
                Some(Sick::Slow(wait)) => {
                    thread::sleep(*wait);
                    state.lock().unwrap().does(&name, arguments, None)
                }
                Some(Sick::Fought(wait)) => {
                    state.lock().unwrap().does(&name, arguments, Some(*wait))
                }
                _ => state.lock().unwrap().does(&name, arguments, None),
            };
            thread::sleep(self.delay / 2);
            let said = match sick {
                Some(Sick::Silent) => vec![],
                Some(Sick::Half) => answer[..answer.len() / 2].to_vec(),
                Some(Sick::Garbage) => {
                    (0..=u8::MAX).cycle().take(4096).chain(*b"\n}]{\n").collect()
                }
                Some(Sick::Endless(bytes)) => {
                    let block = vec![b'7'; 1 << 16];
                    for _ in 0..bytes / block.len() {
                        client.write_all(&block)?;
                    }
                    answer
                }
                Some(Sick::Deep(levels)) => {
                    format!("{{\"return\": {}{}}}\n", "[".repeat(levels), "]".repeat(levels)).into()
                }
                Some(Sick::Says(value)) => self::answer(&value),
                Some(Sick::Line(line)) => format!("{line}\n").into(),
                Some(Sick::Late(wait)) => {
                    thread::sleep(wait);
                    answer
                }
                Some(Sick::Stale) => std::mem::replace(&mut stale, answer),
                Some(Sick::Failed(words)) => refused("GenericError", words),
                Some(Sick::HangsUp) => return Ok(()),
                _ => answer,
            };
            client.write_all(&said)?;
        }
        Ok(())
    }
}

const SOCKET: &str = "agent.sock";
const DELIMITER: u8 = 0xff;
const TICK_OF_WINDOWS: i64 = 15_625_000;

/// A running agent.
pub(crate) struct Agent {
    folder: TempDir,
    state: Arc<Mutex<State>>,
}

impl Agent {
    /// Where it listens.
    pub(crate) fn socket(&self) -> String {
        let path: PathBuf = self.folder.path().join(SOCKET);
        path.into_os_string().into_string().unwrap()
    }

    /// How far its clock is ahead of this machine's, ns. This is the truth.
    pub(crate) fn offset(&self) -> i64 {
        self.state().offset()
    }

    /// The virtual machine stood still for so long.
    pub(crate) fn pause(&self, time: Duration) {
        let now = self.offset();
        self.state().offset = now - i64::try_from(time.as_nanos()).unwrap();
    }

    /// Every time that it was given, also where it refused to take it.
    pub(crate) fn sets(&self) -> Vec<Set> {
        self.state().sets.clone()
    }

    /// Every program that it was to run, and ran.
    pub(crate) fn ran(&self) -> Vec<String> {
        self.state().ran.clone()
    }

    /// Every command that it was given.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

struct State {
    /// Clock of the guest − clock of this machine, ns.
    offset: i64,
    /// What the offset will be from a time on.
    back: Option<(i64, i64)>,
    windows: bool,
    programs: Option<Vec<(&'static str, i64)>>,
    asked: Vec<String>,
    sets: Vec<Set>,
    ran: Vec<String>,
}

impl State {
    fn offset(&mut self) -> i64 {
        if let Some((_, offset)) = self.back.take_if(|(at, _)| *at <= now()) {
            self.offset = offset;
        }
        self.offset
    }

    /// Notes a command, and says how often it was given before.
    fn ask(&mut self, name: &str, arguments: &Value) -> usize {
        if name == SET {
            self.sets.push(Set { at: now(), time: arguments["time"].clone() });
        }
        let before = self.asked.iter().filter(|asked| *asked == name).count();
        self.asked.push(name.to_owned());
        before
    }

    fn does(&mut self, name: &str, arguments: &Value, fought: Option<Duration>) -> Vec<u8> {
        match name {
            SYNC => [&[DELIMITER], &answer(&arguments["id"])[..]].concat(),
            // It reads microseconds.
            GET => {
                let tick = if self.windows { TICK_OF_WINDOWS } else { 1000 };
                answer(&json!((now() + self.offset()) / tick * tick))
            }
            SET => {
                let before = self.offset();
                self.offset = match &arguments["time"] {
                    // The RTC stands to this machine's clock, and is read as a whole second.
                    Value::Null => -(now() % 1_000_000_000),
                    time => match time.as_i64() {
                        Some(time) if self.windows => time / 1_000_000 * 1_000_000 - now(),
                        Some(time) => time - now(),
                        None => {
                            let words = "Invalid parameter type for 'time', expected: integer";
                            return refused("GenericError", words);
                        }
                    },
                };
                self.back =
                    fought.map(|wait| (now() + i64::try_from(wait.as_nanos()).unwrap(), before));
                answer(&json!({}))
            }
            "guest-info" => {
                let command =
                    |name| json!({ "enabled": true, "name": name, "success-response": true });
                let commands = [GET, "guest-info", SET, SYNC].map(command);
                answer(&json!({ "version": "7.2.22", "supported_commands": commands }))
            }
            "guest-get-osinfo" => {
                answer(&json!({ "id": if self.windows { "mswindows" } else { "debian" } }))
            }
            "guest-exec" => self.runs(arguments),
            "guest-exec-status" => answer(&json!({ "exited": true, "exitcode": arguments["pid"] })),
            "" => refused("GenericError", "JSON parse error, invalid keyword"),
            _ => not_found(name),
        }
    }

    /// Its process has the number that it ends with.
    fn runs(&mut self, arguments: &Value) -> Vec<u8> {
        let Some(programs) = &self.programs else { return not_found("guest-exec") };
        let words = arguments["arg"].as_array().into_iter().flatten();
        let words: Vec<_> =
            [&arguments["path"]].into_iter().chain(words).filter_map(Value::as_str).collect();
        let command = words.join(" ");
        let Some((_, status)) = programs.iter().find(|(name, _)| *name == command) else {
            let words = format!(
                "Failed to execute child process \u{201c}{}\u{201d} (No such file or directory)",
                words[0]
            );
            return refused("GenericError", &words);
        };
        self.ran.push(command);
        answer(&json!({ "pid": status }))
    }
}

fn answer(value: &Value) -> Vec<u8> {
    format!("{{\"return\": {value}}}\n").into()
}

fn refused(class: &str, words: &str) -> Vec<u8> {
    format!("{{\"error\": {}}}\n", json!({ "class": class, "desc": words })).into()
}

fn not_found(name: &str) -> Vec<u8> {
    refused("CommandNotFound", &format!("The command {name} has not been found"))
}

/// This machine's clock, ns since 1970.
fn now() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_nanos()).unwrap()
}
