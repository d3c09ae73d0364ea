//! Process lists: `ps aux` and `ps -ef` as support archives hold them.

use serde::{Deserialize, Serialize};

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its arguments, separated by NUL when they come from `/proc`, by blanks when they come from ps(1).
    pub command: String,
}

/// Reads the lines below a header that has `PID` and ends with the command; threads and lines without a number are left out.
/// Source: ps(1), as `ps -eo pid,args`, `ps auxww`, `ps auxwwf` and `ps -ef` print.
pub fn parse(text: &str) -> Vec<Process> {
    let mut lines = text.lines();
    let Some((pid, command)) = lines.find_map(columns) else { return Vec::new() };
    lines.filter_map(|line| process(line, pid, command)).collect()
}

/// Which columns hold the process id and the start of the command: counted in words, as wide values shift what follows.
fn columns(header: &str) -> Option<(usize, usize)> {
    let names: Vec<&str> = header.split_ascii_whitespace().collect();
    let pid = names.iter().position(|name| *name == "PID")?;
    let (last, before) = names.split_last()?;
    matches!(*last, "COMMAND" | "CMD" | "ARGS").then_some((pid, before.len()))
}

fn process(line: &str, pid: usize, command: usize) -> Option<Process> {
    let mut rest = line.trim_ascii();
    let mut id = None;
    for column in 0..command {
        let (word, after) = rest.split_once([' ', '\t'])?;
        if column == pid {
            id = Some(word.parse().ok()?);
        }
        rest = after.trim_ascii_start();
    }
    // `ps f` draws the tree in front of the command.
    let command = match rest.split_once("\\_ ") {
        Some((tree, command)) if tree.chars().all(|c| matches!(c, ' ' | '|')) => command,
        _ => rest,
    };
    Some(Process { pid: id?, command: command.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<(u32, String)> {
        parse(text).into_iter().map(|process| (process.pid, process.command)).collect()
    }

    #[test]
    fn every_layout_gives_the_same() {
        let expected = [
            (1, "/usr/lib/systemd/systemd --switched-root --system".to_owned()),
            (2, "[kthreadd]".to_owned()),
            (701, "/usr/sbin/chronyd -x -f /etc/chrony.conf".to_owned()),
        ];
        assert_eq!(commands(include_str!("../tests/transcripts/ps/eo.txt")), expected);
        assert_eq!(commands(include_str!("../tests/transcripts/ps/aux.txt")), expected);
        assert_eq!(commands(include_str!("../tests/transcripts/ps/ef.txt")), expected);
    }

    #[test]
    fn the_tree_is_no_part_of_a_command() {
        let text = include_str!("../tests/transcripts/ps/auxf.txt");
        assert_eq!(commands(text)[1].1, "/usr/sbin/ntpd -u ntp:ntp -g");
        assert_eq!(commands(text)[2].1, "_service --pid |x");
    }

    #[test]
    fn without_a_header_nothing_is_known() {
        assert_eq!(parse("1 /sbin/init\n"), []);
    }
}
