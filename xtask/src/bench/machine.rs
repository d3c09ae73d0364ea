//! The machine that numbers were measured on, in a line; its name says nothing and is left out.

use std::fs;
use std::num::NonZero;
use std::thread;

pub(super) fn line() -> String {
    let cpus = thread::available_parallelism().map_or(1, NonZero::get);
    let cpu = field("/proc/cpuinfo", "model name", ':');
    let system = field("/etc/os-release", "PRETTY_NAME", '=');
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cpu}, {cpus} CPUs, Linux {}, {}", kernel.trim(), system.trim_matches('"'))
}

fn field(path: &str, name: &str, separator: char) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(separator));
    let found = lines.find(|(key, _)| key.trim() == name);
    found.map_or_else(|| format!("unknown {name}"), |(_, value)| value.trim().to_owned())
}
