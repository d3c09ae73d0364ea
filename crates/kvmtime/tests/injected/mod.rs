//! The truth about a guest's clock, to a few microseconds: the guest answers through memory that it shares with its host.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kvmtime_core::reading::Interval;
use kvmtime_core::units::Nanos;
use kvmtime_sys::clock_read::now;

use crate::lacking::Lacking;

/// What gives a guest the memory; it lies in a file of the folder that QEMU runs in.
pub(crate) const MEMORY: [&str; 4] = [
    "-object",
    "memory-backend-file,id=truth,share=on,mem-path=truth,size=1M",
    "-device",
    "ivshmem-plain,memdev=truth",
];

/// Begins to answer, also for a PTP clock if `card` is one.
pub(crate) const ANSWER: &str = "
for device in /sys/bus/pci/devices/*; do
    [ $(cat $device/vendor)$(cat $device/device) = 0x1af40x1110 ] || continue
    echo 1 >$device/enable
    answer $card $device/resource2 &
done
";

/// So often the truth is looked at, and so many questions are asked each time, of which the quickest counts.
const PAUSE: Duration = Duration::from_secs(2);
const QUESTIONS: u64 = 300;

/// The program that answers.
pub(crate) fn answer(folder: &Path) -> Result<PathBuf, Lacking> {
    build(folder, "answer", include_str!("answer.c"))
}

/// The program that steps a guest's clock.
pub(crate) fn step(folder: &Path) -> Result<PathBuf, Lacking> {
    build(folder, "step", include_str!("step.c"))
}

/// The program that steps a PTP clock.
pub(crate) fn phc(folder: &Path) -> Result<PathBuf, Lacking> {
    build(folder, "phc", include_str!("phc.c"))
}

/// The program that sets this machine's clock to what it is.
pub(crate) fn same(folder: &Path) -> Result<PathBuf, Lacking> {
    build(folder, "same", include_str!("same.c"))
}

/// A clock of a process's own, to be loaded before its libraries.
pub(crate) fn own(folder: &Path) -> Result<PathBuf, Lacking> {
    let (source, library) = (folder.join("own.c"), folder.join("own.so"));
    std::fs::write(&source, include_str!("own.c")).unwrap();
    let mut cc = Command::new("cc");
    match cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status() {
        Ok(status) if status.success() => Ok(library),
        _ => Err(Lacking::Obtainable("cc".to_owned())),
    }
}

fn build(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Lacking> {
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&source, text).unwrap();
    let mut cc = Command::new("cc");
    match cc.args(["-O2", "-static", "-o"]).arg(&program).arg(&source).status() {
        Ok(status) if status.success() => Ok(program),
        _ => Err(Lacking::Obtainable("cc with a static C library".to_owned())),
    }
}

/// One look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// When by `CLOCK_BOOTTIME`, and guest − host.
    pub(crate) at: Nanos,
    pub(crate) guest: Interval,
    /// When by the guest's, and guest − PTP clock, if it has one.
    inside: Nanos,
    card: Interval,
}

/// Looks again and again until it is taken.
pub(crate) struct Truth {
    looks: Arc<Mutex<Vec<Look>>>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Truth {
    /// Begins with the memory of a running guest, and waits for the first answer.
    pub(crate) fn of(memory: &Path) -> Self {
        let file = OpenOptions::new().read(true).write(true).open(memory).unwrap();
        let (looks, over) = (Arc::<Mutex<Vec<Look>>>::default(), Arc::<AtomicBool>::default());
        let (kept, ended) = (Arc::clone(&looks), Arc::clone(&over));
        let mut asked = 0;
        kept.lock().unwrap().push(look(&file, &mut asked, QUESTIONS));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let look = look(&file, &mut asked, QUESTIONS);
                kept.lock().unwrap().push(look);
                std::thread::sleep(PAUSE);
            }
        });
        Self { looks, over, thread }
    }

    /// Ends, and gives all that was seen.
    pub(crate) fn take(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        let looks = self.looks.lock().unwrap().clone();
        Seen(looks)
    }
}

/// The truth over a time.
pub(crate) struct Seen(Vec<Look>);

impl Seen {
    /// What was seen in single looks.
    pub(crate) fn of(looks: Vec<Look>) -> Self {
        Self(looks)
    }

    /// Guest − host at a time between two looks, on the line that joins them; nothing outside.
    pub(crate) fn at(&self, time: Nanos) -> Option<Interval> {
        let around = |pair: &&[Look]| pair[0].at <= time && time <= pair[1].at;
        let [a, b] = self.0.windows(2).find(around)? else { return None };
        let share = (time - a.at).ns() / (b.at - a.at).ns();
        let middle = |a: Nanos, b: Nanos| a + Nanos::from_ns((b - a).ns() * share).unwrap();
        let (a, b) = (a.guest, b.guest);
        Some(Interval { lo: middle(a.lo, b.lo), hi: middle(a.hi, b.hi) })
    }

    /// Guest − PTP clock at a time by the guest, whose clock is known to gain so much on it, ppb: what all looks say together.
    pub(crate) fn card_at(&self, time: Nanos, rate: f64) -> Interval {
        let then = |look: &Look| {
            let gained = Nanos::from_ns((time - look.inside).secs() * rate).unwrap();
            look.card.plus(Interval::around(gained, Nanos(1)))
        };
        let both = |a: Interval, b| a.intersect(b).expect("the rate is known");
        self.0.iter().map(then).reduce(both).unwrap()
    }

    /// The rate from the first to the last look, ppb, and how wrong that can be.
    pub(crate) fn rate(&self) -> (f64, f64) {
        let [first, .., last] = self.0[..] else { panic!("two looks") };
        let (passed, a, b) = ((last.at - first.at).secs(), first.guest, last.guest);
        let doubt = (a.radius() + b.radius()).ns() / passed;
        ((b.middle() - a.middle()).ns() / passed, doubt)
    }

    /// The first look.
    pub(crate) fn start(&self) -> Interval {
        self.0[0].guest
    }

    /// How wrong a look can be: the median.
    pub(crate) fn doubt(&self) -> Nanos {
        let mut all: Vec<Nanos> = self.0.iter().map(|look| look.guest.radius()).collect();
        all.sort_unstable();
        all[all.len() / 2]
    }
}

fn clock(id: libc::clockid_t) -> Nanos {
    Nanos(now(id).unwrap())
}

/// One look at a guest that answers.
pub(crate) fn glance(memory: &Path) -> Look {
    let file = OpenOptions::new().read(true).write(true).open(memory).unwrap();
    // It may just have begun, and does not answer for ever.
    let end = Instant::now() + Duration::from_secs(5);
    let looks = std::iter::from_fn(|| (Instant::now() < end).then(|| look(&file, &mut 0, 20)));
    looks.min_by_key(|look| look.guest.width()).unwrap()
}

/// The quickest of many answers.
fn look(file: &File, asked: &mut u64, questions: u64) -> Look {
    let mut words = [0; 40];
    let mut best: Option<Look> = None;
    for _ in 0..questions {
        *asked += 1;
        let before = clock(libc::CLOCK_REALTIME);
        file.write_all_at(&asked.to_le_bytes(), 0).unwrap();
        loop {
            file.read_exact_at(&mut words, 8).unwrap();
            if words[..8] == asked.to_le_bytes() {
                break;
            }
        }
        let after = clock(libc::CLOCK_REALTIME);
        let word = |index: usize| {
            Nanos(i64::from_le_bytes(words[8 * index..8 * index + 8].try_into().unwrap()))
        };
        let guest = Interval::bracketed(before, word(1), after, Nanos(1));
        let card = Interval::between(word(1) - word(3), word(4) - word(3));
        let at = clock(libc::CLOCK_BOOTTIME);
        let new = Look { at, inside: word(2), guest, card };
        let best = best.get_or_insert(new);
        if guest.width() < best.guest.width() {
            (best.at, best.guest) = (at, guest);
        }
        if card.width() < best.card.width() {
            (best.inside, best.card) = (new.inside, card);
        }
    }
    best.unwrap()
}
