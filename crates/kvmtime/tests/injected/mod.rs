//! The truth about a guest's clock, to a few microseconds: the guest answers through memory that it shares with its host.

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

/// Begins to answer.
pub(crate) const ANSWER: &str = "
for device in /sys/bus/pci/devices/*; do
    [ $(cat $device/vendor)$(cat $device/device) = 0x1af40x1110 ] || continue
    echo 1 >$device/enable
    answer $device/resource2 &
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

fn build(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Lacking> {
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&source, text).unwrap();
    let mut cc = Command::new("cc");
    match cc.args(["-O2", "-static", "-o"]).arg(&program).arg(&source).status() {
        Ok(status) if status.success() => Ok(program),
        _ => Err(Lacking::Obtainable("cc with a static C library".to_owned())),
    }
}

/// One look: when by `CLOCK_BOOTTIME`, and guest − host.
pub(crate) type Look = (Nanos, Interval);

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
        let index = self.0.windows(2).position(|pair| pair[0].0 <= time && time <= pair[1].0)?;
        let [(t0, a), (t1, b)] = [self.0[index], self.0[index + 1]];
        let share = (time - t0).ns() / (t1 - t0).ns();
        let between = |a: Nanos, b: Nanos| a + Nanos::from_ns((b - a).ns() * share).unwrap();
        Some(Interval { lo: between(a.lo, b.lo), hi: between(a.hi, b.hi) })
    }

    /// The rate from the first to the last look, ppb, and how wrong that can be.
    pub(crate) fn rate(&self) -> (f64, f64) {
        let [(t0, a), .., (t1, b)] = self.0[..] else { panic!("two looks") };
        let passed = (t1 - t0).secs();
        let doubt = (a.radius() + b.radius()).ns() / passed;
        ((b.middle() - a.middle()).ns() / passed, doubt)
    }

    /// The first look.
    pub(crate) fn start(&self) -> Interval {
        self.0[0].1
    }

    /// How wrong a look can be: the median.
    pub(crate) fn doubt(&self) -> Nanos {
        let mut all: Vec<Nanos> = self.0.iter().map(|(_, look)| look.radius()).collect();
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
    looks.min_by_key(|(_, offset)| offset.width()).unwrap()
}

/// The quickest of many answers.
fn look(file: &File, asked: &mut u64, questions: u64) -> Look {
    let mut word = [0; 16];
    let mut best: Option<Look> = None;
    for _ in 0..questions {
        *asked += 1;
        let before = clock(libc::CLOCK_REALTIME);
        file.write_all_at(&asked.to_le_bytes(), 0).unwrap();
        loop {
            file.read_exact_at(&mut word, 8).unwrap();
            if word[..8] == asked.to_le_bytes() {
                break;
            }
        }
        let after = clock(libc::CLOCK_REALTIME);
        let guest = Nanos(i64::from_le_bytes(word[8..].try_into().unwrap()));
        let offset = Interval::bracketed(before, guest, after, Nanos(1));
        if best.is_none_or(|(_, best)| offset.width() < best.width()) {
            best = Some((clock(libc::CLOCK_BOOTTIME), offset));
        }
    }
    best.unwrap()
}
