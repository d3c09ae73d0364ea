//! modprobe.d(5): the options of kernel modules.

use serde::{Deserialize, Serialize};

/// A module's parameter, as a line sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleOption {
    /// The module, with `_` for `-`.
    pub module: String,
    /// The parameter.
    pub name: String,
    /// Its value; empty for a bare word.
    pub value: String,
    /// The file.
    pub path: String,
    /// The line in it, counted from 1; of a line that goes on behind `\\` the first.
    pub line: u32,
}

/// Every `options MODULE NAME=VALUE …` of a file. Source: kmod `libkmod/libkmod-config.c:kmod_config_parse`.
pub fn options(text: &str, path: &str) -> Vec<ModuleOption> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            whole.push(' ');
            whole.push_str(lines.next().map_or("", |(_, line)| line));
        }
        let mut words = whole.split_ascii_whitespace();
        let (Some("options"), Some(module)) = (words.next(), words.next()) else { continue };
        let module = module.replace('-', "_");
        found.extend(words.map(|word| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            ModuleOption {
                module: module.clone(),
                name: name.replace('-', "_"),
                value: value.to_owned(),
                path: path.to_owned(),
                line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            }
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn lines_that_go_on_are_one_and_comments_are_none() {
        let text = include_str!("../tests/transcripts/modprobe/kvm.conf");
        let found = options(text, "kvm.conf");
        let shown: Vec<_> = found
            .iter()
            .map(|o| (o.module.as_str(), o.name.as_str(), o.value.as_str(), o.line))
            .collect();
        assert_eq!(
            shown,
            [
                ("kvm", "lapic_timer_advance_ns", "1000", 2),
                ("kvm", "kvmclock_periodic_sync", "0", 4),
                ("kvm", "ignore_msrs", "1", 4),
                ("kvm_intel", "nested", "", 6),
            ]
        );
    }
}
