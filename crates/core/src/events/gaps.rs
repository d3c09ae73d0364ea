//! Gaps in which a watch did not run: one that was stopped, or many because CPU time is short.

use super::{Event, What};
use crate::reading::Interval;
use crate::units::Nanos;

/// Less than this in all is nothing to tell.
const LEAST: Nanos = Nanos(20_000_000);
/// Gaps within this time belong together, up to so long a time.
const TOGETHER: Nanos = Nanos(1_000_000_000);
const LONGEST: Nanos = Nanos(4_000_000_000);
/// What is shorter by this factor has another cause: a busy host lets everybody wait a little.
const MINOR: i64 = 20;

/// Nothing ran for at least `late`: it began before the wake-up that it kept waiting, up to a whole sleep before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) late: Nanos,
    pub(super) asleep: Nanos,
    /// When the watch ran again.
    pub(super) end: Nanos,
    /// What the host gave to others meanwhile, and what this machine counted for nothing.
    pub(super) steal: Nanos,
    pub(super) uncounted: Nanos,
}

impl Gap {
    /// So long before and after it others are looked for.
    fn around(&self) -> Nanos {
        self.late.max(TOGETHER).min(LONGEST)
    }

    fn is_near(&self, other: &Self) -> bool {
        let (begin, around) = (self.end - self.late, self.around());
        other.end > begin - around && other.end - other.late < self.end + around
    }
}

/// Gaps that are not told yet.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    all: Vec<Gap>,
    /// What was counted for nothing besides, in gaps that are too short to be seen.
    pub(super) besides: Nanos,
}

impl Gaps {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn add(&mut self, gap: Gap) {
        if self.all.is_empty() {
            self.besides = Nanos(0);
        }
        self.all.push(gap);
    }

    /// What is known by now.
    pub(super) fn settled(&mut self, now: Nanos, at: Nanos) -> Vec<Event> {
        self.told(at, |gap| now - gap.end)
    }

    /// What is known at the end.
    pub(super) fn rest(&mut self, at: Nanos) -> Vec<Event> {
        self.told(at, |_| Nanos(i64::MAX))
    }

    fn told(&mut self, at: Nanos, since: impl Fn(&Gap) -> Nanos) -> Vec<Event> {
        let mut events = Vec::new();
        while let [first, .., last] | [first @ last] = &self.all[..] {
            let (index, longest) = self.longest();
            let surrounded = since(&longest) > longest.around();
            let over = since(last) > TOGETHER || since(first) > LONGEST && surrounded;
            if (over || surrounded) && self.is_alone(&longest) {
                self.all.remove(index);
                events.extend(longest.stalled(at));
            } else if over {
                events.extend(self.starved(at));
                self.all.clear();
            } else {
                break;
            }
        }
        events
    }

    fn longest(&self) -> (usize, Gap) {
        let longest = self.all.iter().copied().enumerate().max_by_key(|(_, gap)| gap.late);
        longest.unwrap_or_default()
    }

    /// Who is stopped once has one gap. Who has too little CPU time runs in between, and has many, of which some may have become
    /// one in which the watch had no turn: that one may be as long as all the others, and not twice as long.
    fn is_alone(&self, gap: &Gap) -> bool {
        let near = self.all.iter().filter(|other| *other != gap && gap.is_near(other));
        let others: i64 =
            near.map(|other| other.late.0).filter(|late| *late >= gap.late.0 / MINOR).sum();
        gap.late.0 / 2 > others && gap.steal.0 < gap.late.0 / 2
    }

    /// All of them as one event.
    fn starved(&self, at: Nanos) -> Option<Event> {
        let sum = |part: fn(&Gap) -> Nanos| Nanos(self.all.iter().map(|gap| part(gap).0).sum());
        let (late, asleep) = (sum(|gap| gap.late), sum(|gap| gap.asleep));
        let (steal, uncounted) = (sum(|gap| gap.steal), sum(|gap| gap.uncounted) + self.besides);
        let ([first, .., last] | [first @ last]) = &self.all[..] else { return None };
        let mut evidence = format!(
            "{} gaps within {}, together {late}, the longest {}",
            self.all.len(),
            last.end - (first.end - first.late),
            self.longest().1.late
        );
        evidence.push_str(&counts(late, steal, uncounted));
        let size = Some(Interval { lo: late, hi: (late + asleep).max(uncounted) });
        (late >= LEAST).then_some(Event { at, what: What::Starved, size, evidence })
    }
}

impl Gap {
    fn stalled(&self, at: Nanos) -> Option<Event> {
        let Self { late, asleep, steal, uncounted, .. } = *self;
        let evidence = format!("one gap of {late}{}", counts(late, steal, uncounted));
        let size = Some(Interval { lo: late, hi: late + asleep });
        (late >= LEAST).then_some(Event { at, what: What::Stalled, size, evidence })
    }
}

/// What the kernels say to it, if it is as much as half of it.
fn counts(late: Nanos, steal: Nanos, uncounted: Nanos) -> String {
    let said = |time: Nanos, words: &str| match time.0 >= late.0 / 2 {
        true => format!("; {time} {words}"),
        false => String::new(),
    };
    said(uncounted, "without CPU time") + &said(steal, "of steal time")
}
