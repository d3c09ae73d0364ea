//! Two threads on two processors read in turns, each only after the other has: whether a clock goes back from one processor to
//! the other, and how far the two may be apart.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;

use kvmtime_core::bench::Order;
use kvmtime_sys::{affinity, clock_read, counter};

/// How long two processors take turns, seconds.
const TIME_S: f64 = 0.06;
/// So many processors, spread over all of them, are held against the first.
const MOST: usize = 16;
/// It is no one's turn any more.
const OVER: u64 = u64::MAX;

/// What is read in turns.
#[derive(Clone, Copy)]
enum Reader {
    Counter,
    Clock(libc::clockid_t),
}

impl Reader {
    #[inline]
    fn read(self) -> i64 {
        match self {
            Self::Counter => counter::after().cast_signed(),
            Self::Clock(id) => clock_read::now(id).unwrap_or_default(),
        }
    }
}

/// The first processor against others; nothing with one processor.
pub(super) fn measure(cpus: &[usize], hz: f64) -> Vec<Order> {
    let [first, others @ ..] = cpus else { return Vec::new() };
    let apart = others.len().div_ceil(MOST).max(1);
    let readers = [
        (counter::NAME.unwrap_or("counter"), Reader::Counter, 1e9 / hz),
        ("MONOTONIC", Reader::Clock(libc::CLOCK_MONOTONIC), 1.0),
        ("REALTIME", Reader::Clock(libc::CLOCK_REALTIME), 1.0),
    ];
    let pair = |cpu: &usize| {
        readers.map(|(clock, reader, unit_ns)| {
            let turns = turns((*first, *cpu), reader, hz);
            (turns.handovers > 0).then(|| Order {
                clock: clock.to_owned(),
                cpus: (*first, *cpu),
                handovers: turns.handovers,
                backward: turns.backward,
                offset_ns: (turns.least as f64 * unit_ns, turns.most as f64 * unit_ns),
            })
        })
    };
    others.iter().step_by(apart).flat_map(pair).flatten().collect()
}

/// What came of the turns of two processors; the offset is the second's clock less the first's.
struct Turns {
    handovers: u64,
    backward: u64,
    least: i64,
    most: i64,
}

/// A read of the second between two of the first, at t0 and t2, says t1. At that moment the first would have said something
/// from t0 to t2, so `t1 − t2 ≤ offset ≤ t1 − t0`; a steady offset lies in all of these.
fn turns(cpus: (usize, usize), reader: Reader, hz: f64) -> Turns {
    let (turn, said) = (AtomicU64::new(0), AtomicI64::new(0));
    thread::scope(|scope| {
        let (turn, said) = (&turn, &said);
        scope.spawn(move || {
            let _ = affinity::keep_to(&[cpus.1]);
            second(turn, said, reader);
        });
        let first = scope.spawn(move || {
            let _ = affinity::keep_to(&[cpus.0]);
            first(turn, said, reader, hz)
        });
        let nothing = Turns { handovers: 0, backward: 0, least: 0, most: 0 };
        first.join().unwrap_or(nothing)
    })
}

/// Odd turns are the second's.
fn second(turn: &AtomicU64, said: &AtomicI64, reader: Reader) {
    loop {
        let now = turn.load(Ordering::Acquire);
        if now == OVER {
            return;
        }
        if now % 2 == 1 {
            said.store(reader.read(), Ordering::Relaxed);
            // The first may have given up meanwhile.
            let _ = turn.compare_exchange(now, now + 1, Ordering::Release, Ordering::Relaxed);
        } else {
            spin_loop();
        }
    }
}

fn first(turn: &AtomicU64, said: &AtomicI64, reader: Reader, hz: f64) -> Turns {
    let mut turns = Turns { handovers: 0, backward: 0, least: i64::MIN, most: i64::MAX };
    let start = counter::stamp();
    let late = || (counter::stamp() - start) as f64 >= TIME_S * hz;
    let mut now = 0;
    let mut before = reader.read();
    'turns: while !late() {
        turn.store(now + 1, Ordering::Release);
        now += 2;
        while turn.load(Ordering::Acquire) != now {
            spin_loop();
            if late() {
                break 'turns;
            }
        }
        let (other, after) = (said.load(Ordering::Relaxed), reader.read());
        turns.handovers += 2;
        turns.backward += u64::from(other < before) + u64::from(after < other);
        turns.least = turns.least.max(other - after);
        turns.most = turns.most.min(other - before);
        before = after;
    }
    turn.store(OVER, Ordering::Release);
    turns
}
