//! Idling, frequency scaling and sleep.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{IdleState, Power};

use super::units;
use crate::world::World;

const CPUS: &str = "/sys/devices/system/cpu";
/// What systemd must not be able to start for a machine never to sleep.
const SLEEP: [&str; 4] =
    ["sleep.target", "suspend.target", "hibernate.target", "hybrid-sleep.target"];

pub(super) fn probe(world: &World) -> Power {
    Power {
        idle_states: idle_states(world),
        governors: governors(world),
        tuned_profile: world.word("/etc/tuned/active_profile"),
        sleep_states: world
            .text("/sys/power/state")
            .map(|text| text.split_whitespace().map(str::to_owned).collect()),
        sleep_masked: sleep_masked(world),
        chassis_type: world
            .word("/sys/class/dmi/id/chassis_type")
            .parse(|text| text.parse::<u32>()),
    }
}

fn idle_states(world: &World) -> Fact<Vec<IdleState>> {
    let folder = format!("{CPUS}/cpu0/cpuidle");
    world.names(&folder).map(|names| {
        let states = names.iter().filter(|name| name.starts_with("state"));
        states
            .filter_map(|state| {
                let read = |what| world.word(&format!("{folder}/{state}/{what}"));
                Some(IdleState {
                    name: read("name").value()?.clone(),
                    latency_us: read("latency").value()?.parse().ok()?,
                    disabled: read("disable").value().is_some_and(|value| value != "0"),
                })
            })
            .collect()
    })
}

fn governors(world: &World) -> Fact<Vec<String>> {
    let first = world.word(&format!("{CPUS}/cpu0/cpufreq/scaling_governor"));
    let Fact::Known { value, from } = first else { return first.map(|_| vec![]) };
    let cpus = world.names(CPUS);
    let numbered = cpus.value().into_iter().flatten().filter(|name| {
        name.strip_prefix("cpu").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    });
    let mut all: Vec<String> = numbered
        .filter_map(|cpu| {
            world.word(&format!("{CPUS}/{cpu}/cpufreq/scaling_governor")).value().cloned()
        })
        .chain([value])
        .collect();
    all.sort();
    all.dedup();
    Fact::known(all, from)
}

/// Without systemd nothing is masked, and nothing is known to be able to suspend either.
fn sleep_masked(world: &World) -> Fact<bool> {
    let systemd = units::systemd_runs(world);
    if systemd.value() == Some(&false) {
        return Fact::absent(systemd.from());
    }
    let units = ["/usr/lib/systemd/system", "/lib/systemd/system"].map(|dir| world.exists(dir));
    if units.iter().all(|unit| unit.value() == Some(&false)) {
        return Fact::absent("/usr/lib/systemd/system");
    }
    let masked = |name: &&str| {
        let link = world.link(&format!("/etc/systemd/system/{name}"));
        link.value().is_some_and(|target| target == "/dev/null")
    };
    Fact::known(masked(&SLEEP[0]) || SLEEP[1..].iter().all(masked), "/etc/systemd/system")
}
