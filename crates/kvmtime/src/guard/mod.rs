//! The daemon that keeps guests' clocks right.
//!
//! It has threads and no asynchronous runtime: libvirt's calls block, so that each look at a guest needs a thread of its own anyway
//! (`docs/design/0002-guests-are-guarded-by-threads.md`).

mod events;
mod keeper;
mod pool;
mod porter;
pub(crate) mod sandbox;
mod settings;
mod sources;
mod status;
mod work;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use kvmtime_core::guard::{
    self, Cause, Counts, Fought, Gap, Gaps, Guest, Job, Kind, Limits, Notice, Said, Scheduler,
};
use kvmtime_core::reading::Interval;
use kvmtime_core::sync::{Correction, Outcome, Policy, Refusal};
use kvmtime_core::units::Nanos;
use kvmtime_sys::signals::{Mailbox, Signal};
use kvmtime_sys::timer::Steps;
use wildmatch::WildMatch;

use crate::sync::{Request, Waits, refused};
use crate::world::service::{self, Told};
use crate::world::{Desk, clock, epoch_seconds, lifeline};
use keeper::Keeper;
use pool::{Done, Pool, Task};
use porter::Porter;
pub(crate) use settings::Settings;
use sources::Sources;
pub(crate) use status::ask;

/// Events that nobody has taken notice of yet. Who tells more of them waits.
const WAITING: usize = 1024;
/// Whoever does not end when the guard does is left behind after this.
const DRAIN: Nanos = Nanos(10_000_000_000);
/// Who did not answer so often is spoken of, some seconds after it was first tried.
const SAID: u32 = 5;
/// Who looks once does not wait for minutes.
const TRIES_ONCE: u32 = 3;
/// What it is told by signals.
const SIGNALS: [Signal; 3] = [Signal::Hangup, Signal::Interrupt, Signal::Terminate];
/// Threads that wait most of the time need no heap each.
const HEAPS: i32 = 2;

/// What the threads tell the one that decides.
enum Message {
    Notice(Notice),
    Signal(Signal),
    Asked(SyncSender<String>),
    Done(Box<Done>),
    /// Something was written to the history, or could not be.
    Kept(Option<String>),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All whose clock could be read are right.
    Right,
    /// One is not.
    Wrong,
    /// A source was not reached, or a guest's clock could not be read.
    Unknown,
}

/// What is known of a guest besides when it is looked at.
#[derive(Default)]
struct Record {
    last: Option<Correction>,
    gap: Option<Gap>,
    /// Guest − host when it was last known, and when that was; nothing once the host's clock was set.
    was: Option<(Nanos, Interval)>,
    /// What was last said of it.
    said: Option<String>,
    /// Whether the look that runs is at a guest to which nothing happened.
    alone: bool,
    /// Whether a time was sent that may have been set since, when it was past.
    sent: bool,
    fought: Fought,
}

struct Guard<'a> {
    settings: Settings,
    scheduler: Scheduler,
    gaps: Gaps,
    pool: Pool,
    sources: Sources,
    keeper: Option<Keeper>,
    records: BTreeMap<String, Record>,
    counts: Counts,
    trouble: Option<String>,
    since: i64,
    draining: Option<Nanos>,
    tell: &'a mut dyn FnMut(&Said<'_>) -> io::Result<()>,
}

/// Guards until it is told to end.
///
/// # Errors
/// When it cannot begin, or cannot say what it does.
pub(crate) fn run(
    settings: Settings,
    reload: &dyn Fn() -> Result<Settings, String>,
    tell: &mut dyn FnMut(&Said<'_>) -> io::Result<()>,
) -> io::Result<Ended> {
    // Before there is any other thread.
    kvmtime_sys::memory::share_heaps(HEAPS);
    let signals = Mailbox::open(&SIGNALS)?;
    let (sender, messages) = sync_channel(WAITING);
    let (line, end) = lifeline()?;
    let desk = settings.socket.as_deref().map(Desk::open).transpose()?;
    let steps = Steps::watch()?;
    let porter = Porter { signals, steps, desk }.start(sender.clone(), end)?;
    let keeper = settings.history.clone().filter(|_| !settings.dry_run);
    let keeper = keeper.map(|path| Keeper::start(path, sender.clone())).transpose()?;
    let sources = Sources::new(sender.clone())?;
    let seed = clock::realtime().0.cast_unsigned();
    let tries = if settings.once { TRIES_ONCE } else { settings.limits.tries };
    let limits = Limits { tries, ..settings.limits };
    let mut guard = Guard {
        scheduler: Scheduler::new(limits, seed),
        gaps: Gaps::default(),
        pool: Pool::new(sender, sources.means()),
        sources,
        keeper,
        records: BTreeMap::new(),
        counts: Counts::default(),
        trouble: None,
        since: epoch_seconds(),
        draining: None,
        tell,
        settings,
    };
    (guard.tell)(&Said::Began)?;
    let host = (guard.settings.unsynchronised)().ok().flatten();
    let troubles = guard.settings.rivals.iter().cloned().chain(host);
    troubles.collect::<Vec<_>>().iter().try_for_each(|one| (guard.tell)(&Said::Trouble(one)))?;
    guard.sources.follow(&guard.settings)?;
    guard.tell_doing();
    service::tell(&Told::Ready);
    guard.go_on(&messages, reload)?;
    service::tell(&Told::Stopping);
    let Guard { sources, pool, keeper, records, .. } = guard;
    drop(line);
    let reached = sources.all_reached();
    // Who still works is not waited for.
    sources.finish(&messages);
    // Whoever still tells something need not wait for somebody to hear it.
    drop(messages);
    drop(pool);
    keeper.into_iter().for_each(Keeper::finish);
    let _ = porter.join();
    let last = || records.values().filter_map(|record| record.last.as_ref());
    Ok(match reached && !last().any(Correction::is_unknown) {
        false => Ended::Unknown,
        true if last().all(Correction::is_as_asked) => Ended::Right,
        true => Ended::Wrong,
    })
}

impl Guard<'_> {
    fn go_on(
        &mut self,
        messages: &Receiver<Message>,
        reload: &dyn Fn() -> Result<Settings, String>,
    ) -> io::Result<()> {
        // A third of what systemd waits leaves two more tries.
        let alive = service::watchdog().map(|every| nanos(every / 3));
        let mut due = alive.map(|_| clock::boottime());
        loop {
            let now = clock::boottime();
            self.begin(now)?;
            self.pool.shrink(now);
            if due.is_some_and(|due| now >= due) {
                service::tell(&Told::Alive);
                due = alive.map(|every| now + every);
            }
            if self.is_over(now) {
                return Ok(());
            }
            let wakes = [
                self.scheduler.wake(now).filter(|_| self.draining.is_none()),
                self.draining,
                self.pool.shrinks_at(),
                due,
            ];
            let message = match wakes.into_iter().flatten().min() {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wake) => {
                    let left = u64::try_from((wake - now).0).unwrap_or_default();
                    messages.recv_timeout(Duration::from_nanos(left))
                }
            };
            match message {
                Ok(message) => self.take(message, reload)?,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            // What came together is taken notice of together.
            while let Ok(message) = messages.try_recv() {
                self.take(message, reload)?;
            }
        }
    }

    fn is_over(&self, now: Nanos) -> bool {
        let [running, _] = self.scheduler.running_and_overdue(now);
        match self.draining {
            Some(until) => running == 0 || now >= until,
            None => self.settings.once && self.sources.all_asked() && self.scheduler.rests(),
        }
    }

    /// Begins what is due.
    fn begin(&mut self, now: Nanos) -> io::Result<()> {
        while self.draining.is_none()
            && let Some(job) = self.scheduler.next(now)
        {
            let Job { id, guest, cause, .. } = job;
            if self.is_ignored(&guest) {
                self.scheduler.done(now, id, guard::Outcome::Done);
                continue;
            }
            let record = self.records.entry(guest.key.clone()).or_default();
            record.alone = cause == Cause::Sweep;
            let trigger = match &cause {
                Cause::Sweep => "sweep".to_owned(),
                Cause::Triggers(all) => {
                    let all: Vec<&str> = all.iter().map(|one| one.detail.as_str()).collect();
                    all.join(", ")
                }
            };
            let Settings { policy, only_if_synchronised, timeout, .. } = self.settings;
            let max_step = policy.max_step.filter(|_| !record.sent);
            let request = Request {
                policy: Policy { max_step, ..policy },
                trigger,
                heard: cause.heard(),
                timeout,
                must_follow: only_if_synchronised.then_some(self.settings.unsynchronised),
                dry_run: self.settings.dry_run || record.alone && record.fought.is_lost(),
                waits: Waits::Nothing,
            };
            let way = self.sources.way(&guest);
            self.pool.give(Task { job: id, at: now, guest, way, request })?;
            self.counts.looks += 1;
        }
        Ok(())
    }

    fn take(
        &mut self,
        message: Message,
        reload: &dyn Fn() -> Result<Settings, String>,
    ) -> io::Result<()> {
        match message {
            Message::Notice(notice) => self.notice(notice),
            Message::Done(done) => self.done(*done),
            Message::Asked(answer) => {
                // Who asked and did not wait is not missed.
                let _ = answer.try_send(self.status());
                Ok(())
            }
            Message::Signal(Signal::Hangup) => self.reload(reload),
            Message::Signal(_) => self.drain(),
            Message::Kept(why) => {
                if let Some(why) = why.as_deref().filter(|_| self.trouble.is_none()) {
                    (self.tell)(&Said::NotKept(why))?;
                }
                self.trouble = why;
                Ok(())
            }
        }
    }

    fn notice(&mut self, notice: Notice) -> io::Result<()> {
        let now = clock::boottime();
        let notice = match notice {
            Notice::Listed { source, guests, at } => {
                let mine = guests.iter().filter(|guest| !self.is_ignored(guest)).count();
                self.sources.reached(&source);
                (self.tell)(&Said::Reached(&source, mine))?;
                self.scheduler.notice(now, Notice::Listed { source, guests, at });
                self.forget_all();
                self.tell_doing();
                return Ok(());
            }
            Notice::Trigger(trigger) => {
                self.counts.triggers += 1;
                if trigger.guest.is_none() {
                    (self.tell)(&Said::Host(&trigger))?;
                }
                let guests = match &trigger.guest {
                    Some(guest) => vec![guest.clone()],
                    None => self.scheduler.guests().map(|(guest, _)| guest.clone()).collect(),
                };
                let gaps = guests.iter().filter_map(|guest| self.gaps.ended(guest, &trigger));
                if let Kind::HostStepped(_) = trigger.kind {
                    self.records.values_mut().for_each(|record| record.was = None);
                }
                for gap in gaps {
                    let record = self.records.entry(gap.guest.key.clone()).or_default();
                    record.gap = Some(gap.after(record.gap.take()));
                }
                Notice::Trigger(trigger)
            }
            Notice::Stopped(guest, at) => {
                self.gaps.stopped(&guest, at);
                Notice::Stopped(guest, at)
            }
            Notice::Lost { source, why } => {
                self.sources.lost(&source, &why);
                (self.tell)(&Said::Lost(&source, &why))?;
                self.tell_doing();
                return Ok(());
            }
            Notice::Gone { guest, saved } => {
                // What is known of one that is saved tells what it missed.
                if !saved {
                    self.records.remove(&guest.key);
                    self.gaps.gone(&guest);
                }
                Notice::Gone { guest, saved }
            }
            Notice::Agent(guest, there) => Notice::Agent(guest, there),
        };
        let told = matches!(notice, Notice::Gone { .. });
        self.scheduler.notice(now, notice);
        if told {
            self.tell_doing();
        }
        Ok(())
    }

    /// Whoever is not there, and does not come back from a saved state, leaves nothing behind.
    fn forget(&mut self, key: &str) {
        if !self.scheduler.knows(key) && !self.gaps.has(key) {
            self.records.remove(key);
        }
    }

    fn forget_all(&mut self) {
        let all: Vec<String> = self.records.keys().cloned().collect();
        all.iter().for_each(|key| self.forget(key));
    }

    fn is_ignored(&self, guest: &Guest) -> bool {
        let matches = |pattern: &String| WildMatch::new(pattern).matches(&guest.name);
        self.settings.ignore.iter().any(matches)
    }

    fn done(&mut self, done: Done) -> io::Result<()> {
        let now = clock::boottime();
        self.pool.returned(now, &done);
        let Done { job, began, guest, mut correction, .. } = done;
        let fought = self.records.get(&guest.key).is_some_and(|record| record.fought.is_lost());
        if fought && correction.outcome == Outcome::WouldSet && !self.settings.dry_run {
            correction.outcome = refused(&Refusal::Contested);
        }
        let outcome = guard::outcome(&correction);
        let again = self.scheduler.done(now, job, outcome);
        if outcome == guard::Outcome::Gone {
            self.forget(&guest.key);
            return Ok(());
        }
        match (correction.is_as_asked(), correction.sets.is_empty()) {
            (true, true) => self.counts.right += 1,
            (true, false) => self.counts.corrected += 1,
            (false, _) => self.counts.failed += 1,
        }
        let record = self.records.entry(guest.key.clone()).or_default();
        let sent = correction.outcome.name() == Refusal::Unanswered.name();
        record.sent = sent || record.sent && !correction.is_right();
        // A gap is told with the first look that began after it and read the clock, or when there will be none.
        if (correction.before.is_some() || again.is_none())
            && let Some(gap) = record.gap.take_if(|gap| gap.until <= began)
        {
            correction.gap = Some(gap.missed(record.was, now, correction.before));
        }
        // An agent that is not there yet is none, until it does not come.
        let waits = again.is_some_and(|tries| tries != SAID);
        let known = record.said.as_deref() == Some(state(&correction));
        let news = !correction.sets.is_empty() || correction.gap.is_some() || !known && !waits;
        if news {
            (self.tell)(&Said::Looked(&correction))?;
            record.said = Some(state(&correction).to_owned());
            self.keeper.iter().for_each(|keeper| keeper.keep(correction.clone()));
        }
        record.fought.looked(now, record.alone, &correction);
        record.was = correction.residual.map(|is| (now, is)).or(record.was);
        record.last = Some(correction);
        if news {
            self.tell_doing();
        }
        // It may have gone meanwhile.
        self.forget(&guest.key);
        Ok(())
    }

    fn reload(&mut self, reload: &dyn Fn() -> Result<Settings, String>) -> io::Result<()> {
        service::tell(&Told::Reloading);
        match reload() {
            Ok(new) => {
                if new.limits != self.settings.limits {
                    self.scheduler.reload(clock::boottime(), new.limits);
                }
                // Where it writes and answers stays as it is.
                let Settings { history, socket, once, .. } = &self.settings;
                let kept = (history.clone(), socket.clone(), *once);
                self.settings = new;
                (self.settings.history, self.settings.socket, self.settings.once) = kept;
                for source in self.sources.follow(&self.settings)? {
                    let (guests, at) = (Vec::new(), clock::boottime());
                    self.scheduler.notice(at, Notice::Listed { source, guests, at });
                }
                self.forget_all();
                (self.tell)(&Said::Reloaded)?;
            }
            Err(why) => (self.tell)(&Said::NotReloaded(&why))?,
        }
        service::tell(&Told::Ready);
        Ok(())
    }

    /// What has begun is waited for; whoever is told twice does not wait.
    fn drain(&mut self) -> io::Result<()> {
        let now = clock::boottime();
        let [running, _] = self.scheduler.running_and_overdue(now);
        self.draining = Some(if self.draining.is_some() { now } else { now + DRAIN });
        service::tell(&Told::Stopping);
        (self.tell)(&Said::Draining(running))
    }
}

/// What is news when it changes.
fn state(correction: &Correction) -> &str {
    if correction.is_right() { "right" } else { correction.outcome.name() }
}

fn nanos(time: Duration) -> Nanos {
    Nanos(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}
