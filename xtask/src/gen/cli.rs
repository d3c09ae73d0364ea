//! The reference of the command line: the help of every command.

use super::{Files, command, commands};

/// Every terminal shows this much; without it the width of the one that runs xtask would be taken.
const WIDTH: usize = 100;

pub(super) fn add(files: &mut Files) {
    let mut text = "# Command line\n\nWhat `--help` prints of each command.\n".to_owned();
    for command in commands(&command()) {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
        let help = command.term_width(WIDTH).render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    }
    files.insert("docs/reference/cli.md".into(), text.into());
}
