//! Messages that speak of time: who writes them, in which versions, and what they mean.

mod chrony;
mod guest_agent;
mod kernel_clocksource;
mod kernel_kvm;
mod kernel_ticks;
mod kernel_tsc;
mod kernel_watchdog;
mod keywords;
mod libvirt;
mod ntpd;
mod openntpd;
mod qemu;
mod span;
mod systemd;
mod windows;
mod wording;

use std::collections::HashMap;
use std::mem::discriminant;
use std::sync::LazyLock;

use kvmtime_wire::klog::{self, Event};
use serde::Serialize;

pub use wording::Value;
use wording::Wording;

/// A message that a program writes.
#[derive(Debug)]
pub struct Message {
    /// Kebab-case, names what happened.
    pub id: &'static str,
    /// Who writes it.
    pub speaker: Speaker,
    /// Which versions use this wording.
    pub versions: &'static str,
    /// The wording, with holes as `wording` reads them.
    pub wording: &'static str,
    /// A line as it appears.
    pub example: &'static str,
    /// What this very line saw, with holes; empty where the wording has nothing to tell.
    pub saw: &'static str,
    /// What it means for the clock.
    pub meaning: &'static str,
    /// What to look at next, the most likely first.
    pub next: &'static [&'static str],
    /// The rules of the catalogue that judge this.
    pub rules: &'static [&'static str],
    /// How much it matters.
    pub matter: Matter,
    /// Where the wording stands: file and function, or manual.
    pub source: &'static str,
}

/// Who writes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    /// The Linux kernel, in a host or a guest.
    Kernel,
    /// KVM in the host's kernel.
    Kvm,
    /// modprobe(8).
    Modprobe,
    /// QEMU.
    Qemu,
    /// libvirt's daemons; virsh(1) repeats them.
    Libvirt,
    /// chronyd(8).
    Chronyd,
    /// chronyc(1).
    Chronyc,
    /// ntpd(8) of ntp.org and ntpsec.
    Ntpd,
    /// ntpdate(8).
    Ntpdate,
    /// ntpd(8) of OpenBSD.
    Openntpd,
    /// systemd-timesyncd(8).
    Timesyncd,
    /// timedatectl(1).
    Timedatectl,
    /// QEMU's guest agent.
    GuestAgent,
    /// The Windows Time service.
    W32time,
}

impl Speaker {
    /// The name that people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "Linux kernel",
            Self::Kvm => "KVM in the host's Linux kernel",
            Self::Modprobe => "modprobe",
            Self::Qemu => "QEMU",
            Self::Libvirt => "libvirt",
            Self::Chronyd => "chronyd",
            Self::Chronyc => "chronyc",
            Self::Ntpd => "ntpd",
            Self::Ntpdate => "ntpdate",
            Self::Openntpd => "OpenNTPD",
            Self::Timesyncd => "systemd-timesyncd",
            Self::Timedatectl => "timedatectl",
            Self::GuestAgent => "QEMU guest agent",
            Self::W32time => "Windows Time service",
        }
    }
}

/// How much a message matters, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// Time is or will be wrong, or something does not start.
    Trouble,
    /// Something happened to the clock, which may be all right.
    Odd,
    /// A healthy machine writes that.
    Normal,
    /// Belongs to the line above it.
    Detail,
}

/// How sure it is that a text is a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The text is the wording.
    Exact,
    /// The wording stands in the text, or the text is a part of it.
    Part,
    /// They share words.
    Keywords,
}

/// A message that a text may be.
#[derive(Debug)]
pub struct Match {
    /// The message.
    pub message: &'static Message,
    /// How sure that is.
    pub certainty: Certainty,
    /// What stands in its holes.
    pub values: Vec<Value>,
    /// What the line saw, in a sentence.
    pub saw: Option<String>,
}

/// A line that was understood.
#[derive(Debug)]
pub struct Explained {
    /// Its number, counted from 1.
    pub line: usize,
    /// Its text, without what a log puts in front.
    pub text: String,
    /// How many lines of the text say the same.
    pub times: usize,
    /// What it may be, the most likely first; never empty.
    pub matches: Vec<Match>,
}

/// Declares the messages of a file. Not `Message { … }`, so that long texts may be broken where they read well.
macro_rules! messages {
    ($($speaker:ident $matter:ident $id:literal in $versions:literal {
        says $wording:literal
        like $example:literal
        $(saw $saw:literal)?
        means $meaning:expr;
        next $next:expr;
        rules $rules:expr;
        from $source:literal
    })+) => {
        /// The messages.
        pub(super) static MESSAGES: &[$crate::messages::Message] = &[$($crate::messages::Message {
            id: $id,
            speaker: $crate::messages::Speaker::$speaker,
            versions: $versions,
            wording: $wording,
            example: $example,
            saw: concat!($($saw)?),
            meaning: $meaning,
            next: &$next,
            rules: &$rules,
            matter: $crate::messages::Matter::$matter,
            source: $source,
        }),+];
    };
}
use messages;

/// Every message.
pub fn all() -> impl Iterator<Item = &'static Message> {
    [
        kernel_watchdog::MESSAGES,
        kernel_clocksource::MESSAGES,
        kernel_tsc::MESSAGES,
        kernel_kvm::MESSAGES,
        kernel_ticks::MESSAGES,
        qemu::MESSAGES,
        libvirt::MESSAGES,
        chrony::MESSAGES,
        ntpd::MESSAGES,
        openntpd::MESSAGES,
        systemd::MESSAGES,
        guest_agent::MESSAGES,
        windows::MESSAGES,
    ]
    .into_iter()
    .flatten()
}

/// Each message with its wording taken apart.
static WORDINGS: LazyLock<Vec<(&'static Message, Wording)>> =
    LazyLock::new(|| all().map(|message| (message, Wording::new(message.wording))).collect());

/// Longer lines are cut: no message is longer.
const LONGEST: usize = 4096;

/// What the lines of a text are, the worst first. Of a text in which no line is known, the messages that share words
/// with it.
pub fn explain(text: &str) -> Vec<Explained> {
    let events: HashMap<usize, Event> =
        klog::parse(text).into_iter().map(|line| (line.line as usize, line.event)).collect();
    let mut known = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let said = plain(line);
        if let Some(found) = known_as(&said, events.get(&(index + 1))) {
            add(
                &mut known,
                Explained { line: index + 1, text: said, times: 1, matches: vec![found] },
            );
        }
    }
    if known.is_empty() {
        return guesses(text);
    }
    let matter = |line: &Explained| line.matches[0].message.matter;
    if known.iter().any(|line| matter(line) != Matter::Detail) {
        known.retain(|line| matter(line) != Matter::Detail);
    }
    known.sort_by_key(matter);
    known
}

/// Lines that say the same are counted; the first stands for them.
fn add(known: &mut Vec<Explained>, line: Explained) {
    let same = |other: &&mut Explained| other.matches[0].message.id == line.matches[0].message.id;
    match known.iter_mut().find(same) {
        Some(first) => first.times += 1,
        None => known.push(line),
    }
}

fn known_as(text: &str, event: Option<&Event>) -> Option<Match> {
    let by = |certainty, values: &dyn Fn(&Wording) -> Option<Vec<Value>>| {
        let found = WORDINGS
            .iter()
            .filter_map(|(message, wording)| Some((wording.literal(), *message, values(wording)?)));
        let (_, message, values) = found.max_by_key(|(literal, _, _)| *literal)?;
        Some(matched(message, certainty, values, event))
    };
    by(Certainty::Exact, &|wording| wording.whole(text))
        .or_else(|| by(Certainty::Part, &|wording| wording.inside(text)))
        .or_else(|| by(Certainty::Part, &|wording| wording.is_cut(text).then(Vec::new)))
        .or_else(|| {
            windows::by_number(text).map(|message| matched(message, Certainty::Part, vec![], event))
        })
        .or_else(|| {
            let message = of_event(event?)?;
            Some(matched(message, Certainty::Part, vec![], event))
        })
}

fn matched(
    message: &'static Message,
    certainty: Certainty,
    values: Vec<Value>,
    event: Option<&Event>,
) -> Match {
    let saw = fill(message.saw, &values).or_else(|| event.and_then(told));
    Match { message, certainty, values, saw }
}

/// The message whose example the kernel-log parser takes for the same event: it knows wordings that no file here has.
fn of_event(event: &Event) -> Option<&'static Message> {
    static EVENTS: LazyLock<Vec<(Event, &'static Message)>> = LazyLock::new(|| {
        let known = |message: &'static Message| {
            let line = klog::parse(message.example).into_iter().next()?;
            Some((line.event, message))
        };
        all().filter_map(known).collect()
    });
    let same = |known: &&(Event, _)| discriminant(&known.0) == discriminant(event);
    EVENTS.iter().find(same).map(|(_, message)| *message)
}

/// What an event tells that its own line does not: the watchdog's numbers stand below its verdict.
fn told(event: &Event) -> Option<String> {
    let of = |ns: i64| span::spoken(&ns.to_string(), "ns");
    match event {
        Event::Unstable { clocksource, delta_ns: Some(delta) } => {
            Some(format!("the watchdog saw {clocksource} off by {} in one interval", of(*delta)))
        }
        Event::Unstable { clocksource, .. } => Some(format!("the watchdog gave up {clocksource}")),
        Event::Switched { clocksource } => {
            Some(format!("the kernel reads {clocksource} from here on"))
        }
        Event::TscUnstable { reason } => Some(format!("the kernel's reason: {reason}")),
        _ => None,
    }
}

/// A sentence with its holes filled; none where a value is missing.
fn fill(sentence: &str, values: &[Value]) -> Option<String> {
    let mut text = sentence.to_owned();
    for value in values {
        text = text.replace(&format!("{{{}}}", value.name), &value.spoken());
    }
    (!text.is_empty() && !text.contains('{')).then_some(text)
}

impl Value {
    /// The value as people say it.
    pub fn spoken(&self) -> String {
        span::spoken(&self.text, self.unit)
    }
}

fn guesses(text: &str) -> Vec<Explained> {
    let text = plain(&text.chars().take(LONGEST).collect::<String>());
    let near = keywords::nearest(&text).into_iter();
    let matches: Vec<Match> =
        near.map(|message| matched(message, Certainty::Keywords, vec![], None)).collect();
    if matches.is_empty() { vec![] } else { vec![Explained { line: 1, text, times: 1, matches }] }
}

/// A line without a log's prefix, with single blanks, and with an end.
fn plain(line: &str) -> String {
    let words = klog::message(line).split_whitespace();
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
