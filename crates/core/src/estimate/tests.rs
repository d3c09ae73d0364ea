use proptest::prelude::*;

use super::*;
use crate::reading::{Moment, Reading};

/// A clock that runs at one rate, read through delays that need not be symmetrical.
#[derive(Debug, Clone)]
struct Run {
    offset: i64,
    rate_ppb: i32,
    /// Time since the last reading in ms, and the delays there and back in ns.
    each: Vec<(u32, u32, u32)>,
}

impl Run {
    /// The readings, and the true offset when the last one was made.
    fn readings(&self) -> (Vec<Reading>, f64) {
        let mut now = 1_000_000_000_000_i64;
        let start = now;
        let mut truth = 0.0;
        let readings = self.each.iter().map(|(gap, there, back)| {
            now += i64::from(*gap) * 1_000_000 + 1;
            let (before, after) = (Nanos(now), Nanos(now + i64::from(*there) + i64::from(*back)));
            let seen = now + i64::from(*there);
            truth = f64::from(i32::try_from(self.offset).unwrap());
            truth += Nanos(seen - start).secs() * f64::from(self.rate_ppb);
            // What it says is cut off to whole nanoseconds.
            let remote = Nanos(seen) + Nanos::from_ns(truth.floor()).unwrap();
            Reading {
                at: Nanos(seen),
                offset: Interval::bracketed(before, remote, after, Nanos(1)),
                of: None,
                against: None,
            }
        });
        (readings.collect(), truth)
    }

    fn series(&self) -> (Series, f64) {
        let (readings, truth) = self.readings();
        (Series { readings, ..Series::default() }, truth)
    }
}

fn run() -> impl Strategy<Value = Run> {
    let each = (1_u32..3000, 0_u32..3_000_000, 0_u32..3_000_000);
    (-1_000_000_000_i64..1_000_000_000, -400_000..400_000, prop::collection::vec(each, 3..60))
        .prop_map(|(offset, rate_ppb, each)| Run { offset, rate_ppb, each })
}

fn points() -> impl Strategy<Value = Vec<Point>> {
    let each = (0.01_f64..5.0, -1e3_f64..1e3, 0.0_f64..1e5);
    prop::collection::vec(each, 2..40).prop_map(|each| {
        let mut t = 0.0;
        let point = |(gap, lo, width)| {
            t += gap;
            Point { t, lo, hi: lo + width }
        };
        each.into_iter().map(point).collect()
    })
}

/// Every pair, one by one.
fn rates_slowly(points: &[Point]) -> Option<[f64; 2]> {
    let (mut slowest, mut fastest) = (f64::NEG_INFINITY, f64::INFINITY);
    for (index, a) in points.iter().enumerate() {
        for b in &points[index + 1..] {
            slowest = slowest.max((b.lo - a.hi) / (b.t - a.t));
            fastest = fastest.min((b.hi - a.lo) / (b.t - a.t));
        }
    }
    (slowest <= fastest).then_some([slowest, fastest])
}

fn moment(ns: i64) -> Moment {
    Moment { shift: Interval::around(Nanos(ns), Nanos(20)), ..Moment::default() }
}

/// Readings once a second, ±100 ns, of a clock that is moved before the tenth.
fn moved(by: i64, of: fn(bool) -> Option<Moment>, against: Option<Moment>) -> Vec<Reading> {
    let reading = |second: i64| {
        let after = second >= 10;
        Reading {
            at: Nanos(second * 1_000_000_000),
            offset: Interval::around(Nanos(second * 30 + if after { by } else { 0 }), Nanos(100)),
            of: of(after),
            against,
        }
    };
    (0..40).map(reading).collect()
}

proptest! {
    #[test]
    fn the_truth_lies_inside_the_bounds_whatever_the_delays(run in run()) {
        let (series, truth) = run.series();
        let found = estimate(&series).unwrap();
        prop_assert_eq!(&found.events, &vec![]);
        let offset = found.offset;
        prop_assert!(offset.lo.ns() - 1.0 <= truth && truth <= offset.hi.ns() + 1.0, "{truth} {offset:?}");
        prop_assert!(offset.width() <= series.readings.last().unwrap().offset.width() + Nanos(2));
        let drift = found.drift.unwrap();
        let rate = f64::from(run.rate_ppb);
        let [lo, hi] = drift.hard.unwrap().map(|end| end.0);
        prop_assert!(lo - 1e-3 <= rate && rate <= hi + 1e-3, "{rate} {drift:?}");
        prop_assert!(lo <= drift.rate.0 && drift.rate.0 <= hi);
    }

    #[test]
    fn the_truth_lies_inside_the_band_all_the_time(run in run()) {
        let (readings, end) = run.readings();
        let stretches = Stretches::of(&readings);
        let last = readings.last().unwrap().at;
        let start = readings[0].at;
        for (t, lo, hi) in band(stretches.longest()) {
            let before_end = (last - start).secs() - t;
            let truth = end - before_end * f64::from(run.rate_ppb) - stretches.origin.ns();
            prop_assert!(lo - 2.0 <= truth && truth <= hi + 2.0, "{lo} {truth} {hi}");
        }
    }

    #[test]
    fn hulls_find_what_all_pairs_say(points in points()) {
        match (rates(&points), rates_slowly(&points)) {
            (Some(fast), Some(slow)) => for (a, b) in fast.into_iter().zip(slow) {
                prop_assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{fast:?} {slow:?}");
            },
            (fast, slow) => prop_assert_eq!(fast, slow),
        }
    }

    #[test]
    fn any_readings_are_survived(each in prop::collection::vec(any::<[i64; 3]>(), 0..20)) {
        let reading = |[at, a, b]: [i64; 3]| Reading {
            at: Nanos(at),
            offset: Interval::between(Nanos(a), Nanos(b)),
            of: Some(moment(a)),
            against: None,
        };
        let readings = each.into_iter().map(reading).collect();
        let _ = estimate(&Series { readings, ..Series::default() });
    }
}

/// Uniform numbers below one.
fn dice(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// 560 readings in 700 s of a clock that runs 5880 ppb fast, through delays whose means wander, and some that are very long.
fn wandering(seed: u64) -> Vec<Point> {
    let mut dice = dice(seed);
    let (mut there, mut back) = (0.0, 0.0);
    let point = |n: u32| {
        let mut delay = |mean: &mut f64, least: f64| {
            *mean = 0.98 * *mean + 0.5 * (dice() - 0.5);
            let late = if dice() < 0.03 { 40e6 * dice() } else { 0.0 };
            least - 150e3 * mean.exp() * dice().max(1e-9).ln() + late
        };
        let t = f64::from(n) * 1.25;
        let (there, back) = (delay(&mut there, 350e3), delay(&mut back, 500e3));
        Point { t, lo: 5880.0 * t - back, hi: 5880.0 * t + there }
    };
    (0..560).map(point).collect()
}

#[test]
fn a_rate_through_wandering_delays_is_as_good_as_its_interval_says() {
    let mut held = 0;
    let (mut ours, mut squares) = (0.0, 0.0);
    for seed in 0..60 {
        let points = wandering(seed);
        let error = (slope(&points).unwrap() - 5880.0).abs();
        let room = (roomiest(&points, rates(&points).unwrap()) - 5880.0).abs();
        assert!(error < 40.0 && room < 20.0, "{seed}: {error} {room}");
        ours += error;
        squares += (least_squares(&points).unwrap() - 5880.0).abs();
        let [lo, hi] = confidence(&points).unwrap();
        held += u32::from(lo <= 5880.0 && 5880.0 <= hi);
        assert!(hi - lo < 100.0, "{lo} {hi}");
    }
    assert!(held >= 54, "{held} of 60");
    assert!(10.0 * ours < squares, "{ours} {squares}");
}

/// Second edges of a clock that runs 5880 ppb fast, as a busy guest sees them: six of ten come late, and nearly all of the second half.
fn edges(seed: u64) -> Vec<Point> {
    let mut dice = dice(seed);
    let point = |n: u32| {
        let late = if n > 30 { !n.is_multiple_of(11) } else { dice() < 0.6 };
        let mut delay = |least: f64| least + 60e3 * dice() + if late { 5e6 * dice() } else { 0.0 };
        let t = f64::from(n);
        Point { t, lo: 5880.0 * t - delay(244e3), hi: 5880.0 * t + delay(50e3) }
    };
    (0..60).map(point).collect()
}

#[test]
fn what_was_seen_late_counts_less() {
    for seed in 0..60 {
        let points = edges(seed);
        let error = (slope(&points).unwrap() - 5880.0).abs();
        let room = (roomiest(&points, rates(&points).unwrap()) - 5880.0).abs();
        assert!(error < 800.0 && room < 800.0, "{seed}: {error} {room}");
    }
}

#[test]
fn a_late_answer_spoils_least_squares_and_nothing_else() {
    // 5 ppm, read twice a second with a delay of 1 ms, of which one takes 800 ms on its way back.
    let each =
        |n: u32| (500, 500_000, if n == 90 { 800_000_000 } else { 500_000 + 1000 * (n % 7) });
    let run = Run { offset: 0, rate_ppb: 5000, each: (0..100).map(each).collect() };
    let drift = estimate(&run.series().0).unwrap().drift.unwrap();
    assert!((drift.rate.0 - 5000.0).abs() < 100.0, "{drift:?}");
    assert!((drift.least_squares.0 - 5000.0).abs() > 100_000.0, "{drift:?}");
}

#[test]
fn a_step_that_its_own_clock_tells_of_does_not_look_like_drift() {
    let readings = moved(200_000, |after| Some(moment(if after { 200_000 } else { 0 })), None);
    let found = estimate(&Series { readings, ..Series::default() }).unwrap();
    let [event] = found.events[..] else { panic!("{:?}", found.events) };
    assert_eq!((event.kind, event.side), (Kind::Step, Side::Clock));
    assert!(event.size.contains(Nanos(200_000)) && event.size.radius() <= Nanos(40), "{event:?}");
    assert!((found.drift.unwrap().rate.0 - 30.0).abs() < 5.0, "{found:?}");
    assert!(found.offset.contains(Nanos(39 * 30 + 200_000)), "{:?}", found.offset);
}

#[test]
fn falling_behind_without_a_step_is_a_pause_where_that_can_be_seen() {
    let found = |by, of, against| {
        let readings = moved(by, of, against);
        let found = estimate(&Series { readings, ..Series::default() }).unwrap();
        let [event] = found.events[..] else { panic!("{:?}", found.events) };
        let size = Nanos(event.size.middle().0.abs());
        assert!((size - Nanos(4_000_000_000)).abs() < Nanos(1_000_000), "{event:?}");
        assert!((found.drift.unwrap().rate.0 - 30.0).abs() < 20.0);
        (event.kind, event.side)
    };
    let (behind, ahead) = (-4_000_000_000, 4_000_000_000);
    let still = Some(moment(0));
    assert_eq!(found(behind, |_| Some(moment(0)), still), (Kind::Pause, Side::Clock));
    // Or what it is measured against was set.
    assert_eq!(found(behind, |_| Some(moment(0)), None), (Kind::Jump, Side::Clock));
    assert_eq!(found(ahead, |_| Some(moment(0)), None), (Kind::Jump, Side::Against));
    assert_eq!(found(behind, |_| None, still), (Kind::Jump, Side::Clock));
}

#[test]
fn a_clock_that_stands_or_races_is_one_and_does_not_jump() {
    // How often it counts a second of this machine's, which reads it at uneven times, each within 5 µs.
    for (pace, is_absurd) in [(0.0, true), (0.997, false), (2.5, true), (-1.0, true)] {
        let reading = |number: i64| {
            let at = number * 250_000_000 + number % 3 * 700_000;
            let (early, late) = (number % 4 * 1000, 5000 - number % 4 * 1000);
            let shown = Nanos::from_ns(Nanos(at + early).ns() * pace).unwrap();
            Reading {
                at: Nanos(at + (early + late) / 2),
                offset: Interval::between(Nanos(at) - shown, Nanos(at + early + late) - shown),
                of: Some(moment(0)),
                against: None,
            }
        };
        let readings = (0..13).map(reading).collect();
        let found = estimate(&Series { readings, ..Series::default() }).unwrap();
        assert_eq!(found.events, vec![], "{pace}");
        let drift = found.drift.unwrap();
        assert!((1.0 - drift.rate.0 / 1e9 - pace).abs() < 1e-4, "{pace} {drift:?}");
        let absurd = drift.pace(Side::Against);
        assert_eq!(absurd.is_some(), is_absurd, "{absurd:?}");
        assert!(absurd.is_none_or(|found| (found - pace).abs() < 1e-4), "{absurd:?}");
        assert!(!drift.is_likely());
    }
}

#[test]
fn a_suspended_machine_is_no_stepped_one() {
    let asleep = |ns| Interval::around(Nanos(ns), Nanos(20));
    let moment = |slept| Some(Moment { shift: asleep(slept), asleep: asleep(slept), ..moment(0) });
    let reading = |second: i64| Reading {
        at: Nanos(second * 1_000_000_000),
        offset: Interval::around(Nanos(0), Nanos(100)),
        of: moment(if second < 5 { 0 } else { 7_000_000_000 }),
        against: None,
    };
    let readings = (0..10).map(reading).collect();
    let found = estimate(&Series { readings, ..Series::default() }).unwrap();
    let kinds: Vec<Kind> = found.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Suspend]);
}

#[test]
fn a_rate_takes_as_long_as_its_noise_demands() {
    // Once a second with a deviation of 100 µs, as a guest agent: 0.1 ppm takes about 359 s, and a bound of ±0.5 ms 10⁴ s.
    let mut noise = 1_u32;
    let point = |t: u32| {
        let sum: f64 = (0..12)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(noise) / f64::from(u32::MAX)
            })
            .sum();
        let x = (sum - 6.0) * 100_000.0;
        Point { t: f64::from(t), lo: x - 500_000.0, hi: x + 500_000.0 }
    };
    let points: Vec<Point> = (0..400).map(point).collect();
    let needed = needed(&points, Ppb(100.0)).unwrap();
    assert!((300.0..420.0).contains(&needed.likely.secs()), "{needed:?}");
    assert_eq!(needed.sure, Nanos(10_000_000_000_000));
}
