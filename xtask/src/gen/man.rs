//! Manual pages, one a command.

use clap::builder::Resettable;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{Files, command, commands};

pub(super) fn add(files: &mut Files) -> std::io::Result<()> {
    let all = commands(&command());
    let names: Vec<String> = all.iter().map(name).collect();
    for command in all {
        let name = name(&command);
        let others = names.iter().filter(|other| **other != name);
        let page = page(command, &others.map(String::as_str).collect::<Vec<_>>())?;
        files.insert(format!("packaging/man/{name}.1").into(), page);
    }
    Ok(())
}

/// `kvmtime-check`.
fn name(command: &clap::Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: clap::Command, others: &[&str]) -> std::io::Result<Vec<u8>> {
    let last = command.get_after_help().map(ToString::to_string);
    let version = command.get_version().unwrap_or_default().to_owned();
    let mut page = Vec::new();
    // clap_mangen would run the lines of the examples together, under the title EXTRA.
    Man::new(command.after_help(Resettable::Reset).mut_args(paragraphs))
        // An empty date would be left out, and what follows it would take its place.
        .date(" ")
        .source(format!("kvmtime {version}"))
        .manual("User Commands")
        .render(&mut page)?;
    let mut rest = Roff::new();
    if let Some(last) = last {
        extra(&mut rest, &last);
    }
    see_also(&mut rest, others);
    page.extend(rest.render().into_bytes());
    // groff sets a bare backtick as an opening quote.
    Ok(String::from_utf8_lossy(&page).replace('`', "\\(ga").into_bytes())
}

/// A help whose lines stand for themselves: roff would run them together.
fn paragraphs(arg: clap::Arg) -> clap::Arg {
    let Some(help) = arg.get_long_help().map(ToString::to_string) else { return arg };
    let lines: Vec<&str> = help.lines().filter(|line| !line.is_empty()).collect();
    arg.long_help(lines.join("\n\n"))
}

/// What follows the help: examples as they stand, anything else as notes.
fn extra(roff: &mut Roff, text: &str) {
    let Some(examples) = text.strip_prefix("Examples:\n") else {
        roff.control("SH", ["NOTES"]).text([roman(text)]);
        return;
    };
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in examples.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

fn see_also(roff: &mut Roff, names: &[&str]) {
    roff.control("SH", ["SEE ALSO"]);
    let mut words = Vec::new();
    for (index, name) in names.iter().enumerate() {
        words.extend([bold(*name), roman(if index + 1 < names.len() { "(1), " } else { "(1)" })]);
    }
    roff.text(words);
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// man-db's man tells more than groff alone: it also finds what is no text of a manual page.
    #[test]
    fn man_finds_nothing_to_warn_about() {
        let mut files = Files::new();
        add(&mut files).unwrap();
        super::super::config::add(&mut files);
        files.retain(|path, _| path.starts_with("packaging/man"));
        assert!(files.len() > 7);
        let folder = tempfile::tempdir().unwrap();
        for (path, page) in files {
            let page_file = folder.path().join(path.file_name().unwrap());
            std::fs::write(&page_file, page).unwrap();
            let man = Command::new("man")
                .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
                .arg(&page_file)
                .output();
            let Ok(man) = man else {
                assert!(std::env::var_os("CI").is_none(), "man is not installed");
                return eprintln!("skipped: man_finds_nothing_to_warn_about: no man");
            };
            let said = String::from_utf8_lossy(&man.stderr);
            assert!(man.status.success() && said.is_empty(), "{}: {said}", path.display());
        }
    }
}
