//! Sequences of what can go wrong while guests stand still, drawn by a seed, and what must hold whatever they are: no clock is
//! moved away from the host's, and a guest whose agent works is right again in time.

mod dice;
mod keeper;
mod watch;

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dice::Dice;
pub(crate) use keeper::Keeper;
use watch::Watch;

use crate::herd::{Agent, Domain, Herd};
use crate::progress::Progress;

/// How long a guest whose agent works may stay wrong.
const DEADLINE: Duration = Duration::from_secs(20);

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Pause(Duration),
    /// A managed save, and a start from it.
    Save(Duration),
    /// It is paused with an agent that is sick, which gets well so long after.
    Sick(Agent, Duration),
    /// It is ended as soon as it is resumed, and restored from long ago.
    Destroyed,
    LibvirtdKilled,
    KeeperKilled,
}

impl Fault {
    fn draw(dice: &mut Dice) -> Self {
        let time = Duration::from_millis(dice.between(1000, 3000));
        match dice.between(0, 11) {
            0..=2 => Self::Pause(time),
            3 | 4 => Self::Save(time),
            5 => Self::Sick(Agent::Stopped, time),
            6 => Self::Sick(Agent::Gone, time),
            7 => Self::Sick(Agent::Hangs, time),
            8 => Self::Sick(Agent::Garbage, time),
            9 => Self::Destroyed,
            10 => Self::LibvirtdKilled,
            _ => Self::KeeperKilled,
        }
    }
}

/// What a run showed.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Clocks that were moved away from the host's.
    pub(crate) moved: Vec<String>,
    /// Guests that were not right in time.
    pub(crate) wrong: Vec<String>,
    /// How long guests with a working agent stayed wrong, each sequence.
    pub(crate) until_right: Vec<Duration>,
}

/// A run over all guests of a herd at once.
pub(crate) struct Run<'a> {
    pub(crate) keeper: &'a Keeper<'a>,
    /// The sequence of a seed is always the same; the next one has the next seed.
    pub(crate) seed: u64,
    pub(crate) count: u64,
    pub(crate) tolerance: Duration,
    next: AtomicU64,
    /// Held for writing while libvirt is away: nobody else speaks to it then.
    libvirt: RwLock<()>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(keeper: &'a Keeper<'a>, seed: u64, count: u64, tolerance: Duration) -> Self {
        Self { keeper, seed, count, tolerance, next: AtomicU64::new(0), libvirt: RwLock::default() }
    }

    /// Plays all sequences.
    pub(crate) fn play(&self, herd: &Herd) -> Outcome {
        let mut outcome = Outcome::default();
        let progress = Progress::new("sequences of faults", self.count);
        let lane = |domain| self.lane(herd, domain, &progress);
        thread::scope(|scope| {
            let lanes = herd.domains().iter().map(|domain| scope.spawn(move || lane(domain)));
            let lanes: Vec<_> = lanes.collect();
            for lane in lanes {
                let found = lane.join().unwrap();
                outcome.moved.extend(found.moved);
                outcome.wrong.extend(found.wrong);
                outcome.until_right.extend(found.until_right);
            }
        });
        outcome.until_right.sort();
        outcome
    }

    /// One guest after another sequence, while its clock is watched.
    fn lane(&self, herd: &Herd, domain: &Domain, progress: &Progress) -> Outcome {
        let watch = Watch::new(domain, self.tolerance);
        let done = AtomicBool::new(false);
        let mut outcome = Outcome::default();
        thread::scope(|scope| {
            let watching = scope.spawn(|| watch.until(&done));
            let ends = Ends(&done);
            loop {
                let index = self.next.fetch_add(1, Ordering::Relaxed);
                if index >= self.count {
                    break;
                }
                let seed = self.seed + index;
                let name = format!("{}, --seed {seed} --count 1", domain.name());
                for fault in self.faults(seed, index) {
                    self.befalls(fault, herd, domain, &watch);
                }
                match self.is_right(herd, domain) {
                    Ok(time) => outcome.until_right.push(time),
                    Err(offset) => outcome.wrong.push(format!("{name}: {offset}")),
                }
                outcome.moved.extend(watch.moved().map(|moved| format!("{name}: {moved}")));
                progress.step();
            }
            drop(ends);
            watching.join().unwrap();
        });
        outcome
    }

    fn faults(&self, seed: u64, index: u64) -> Vec<Fault> {
        let mut dice = Dice::new(seed);
        let count = dice.between(1, 4);
        let mut faults: Vec<Fault> = (0..count).map(|_| Fault::draw(&mut dice)).collect();
        // What one keeper uses more than at its start is seen in the second half.
        faults.retain(|fault| !matches!(fault, Fault::KeeperKilled) || index < self.count / 2);
        faults
    }

    fn befalls(&self, fault: Fault, herd: &Herd, domain: &Domain, watch: &Watch<'_>) {
        match fault {
            Fault::Pause(time) => self.pause(domain, watch, time),
            Fault::Save(time) => watch.stands_still(|| {
                self.with_libvirt(|| domain.managed_save());
                thread::sleep(time);
                self.with_libvirt(|| domain.start());
            }),
            Fault::Sick(agent, time) => {
                domain.agent(agent);
                self.pause(domain, watch, time);
                thread::sleep(time);
                domain.agent(Agent::Well);
            }
            Fault::Destroyed => {
                self.pause(domain, watch, Duration::from_millis(200));
                watch.begins_anew(|| {
                    self.with_libvirt(|| domain.destroy());
                    self.with_libvirt(|| domain.restore());
                });
            }
            Fault::LibvirtdKilled => {
                let _away = self.libvirt.write().unwrap();
                herd.libvirt().stop("KILL");
                herd.libvirt().restart();
            }
            // Without libvirt it says what it lacks, and ends.
            Fault::KeeperKilled => self.with_libvirt(|| self.keeper.restart(herd)),
        }
    }

    fn pause(&self, domain: &Domain, watch: &Watch<'_>, time: Duration) {
        watch.stands_still(|| {
            self.with_libvirt(|| domain.suspend());
            thread::sleep(time);
            self.with_libvirt(|| domain.resume());
        });
    }

    fn with_libvirt(&self, act: impl FnOnce()) {
        let _here = self.libvirt.read().unwrap();
        act();
    }

    /// How long it takes until its clock is right; else how it is.
    fn is_right(&self, herd: &Herd, domain: &Domain) -> Result<Duration, String> {
        self.with_libvirt(|| self.keeper.by_hand(herd, domain));
        let start = Instant::now();
        loop {
            let offset = domain.offset();
            // What the reading itself is unsure of is no fault of the keeper.
            if offset.least() <= self.tolerance {
                return Ok(start.elapsed());
            }
            if start.elapsed() > DEADLINE {
                return Err(format!("{:.1} ms off after {DEADLINE:?}", offset.ms()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Says that a lane is done, also when it panics.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
