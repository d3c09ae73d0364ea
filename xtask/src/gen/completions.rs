//! Completions for shells.

use clap_complete::{Shell, generate};

use super::Files;

pub(super) fn add(files: &mut Files) {
    for (shell, name) in
        [(Shell::Bash, "kvmtime.bash"), (Shell::Zsh, "_kvmtime"), (Shell::Fish, "kvmtime.fish")]
    {
        let mut text = Vec::new();
        generate(shell, &mut kvmtime::cli::command(), "kvmtime", &mut text);
        files.insert(format!("packaging/completions/{name}").into(), text);
    }
}
