//! `/proc/cpuinfo`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What it says about time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuInfo {
    /// Logical CPUs.
    pub cpus: u32,
    /// Sockets, by distinct `physical id`; 1 where it is not shown.
    pub sockets: u32,
    /// `model name`, or the empty string.
    pub model: String,
    /// Flags (on arm64: features) that every CPU has.
    pub flags: BTreeSet<String>,
}

impl CpuInfo {
    /// Whether every CPU has the flag.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }
}

/// Reads one block a CPU. Source: Linux `arch/x86/kernel/cpu/proc.c:show_cpuinfo`.
pub fn parse(text: &str) -> CpuInfo {
    let mut info = CpuInfo::default();
    let mut sockets = BTreeSet::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match key.trim() {
            "processor" => info.cpus += 1,
            "physical id" => {
                sockets.insert(value);
            }
            "model name" if info.model.is_empty() => value.clone_into(&mut info.model),
            "flags" | "Features" => {
                let flags: BTreeSet<&str> = value.split_whitespace().collect();
                if info.cpus <= 1 {
                    info.flags = flags.into_iter().map(str::to_owned).collect();
                } else {
                    info.flags.retain(|flag| flags.contains(flag.as_str()));
                }
            }
            _ => {}
        }
    }
    info.sockets = u32::try_from(sockets.len()).unwrap_or(u32::MAX).max(1);
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_counts_when_every_cpu_has_it() {
        let info = parse(
            "processor\t: 0\nphysical id\t: 0\nflags\t\t: tsc constant_tsc nonstop_tsc\n\nprocessor\t: 1\nphysical id\t: 1\nflags\t\t: tsc constant_tsc\n",
        );
        assert_eq!((info.cpus, info.sockets), (2, 2));
        assert!(info.has("constant_tsc") && !info.has("nonstop_tsc"));
    }
}
