//! chrony.conf(5), directive by directive.

pub use crate::directives::{Directive, Include};

/// Reads one file. Source: chrony `cmdparse.c:CPS_NormalizeLine` and `conf.c:CNF_ParseLine`.
pub fn parse(text: &str, path: &str) -> Vec<Directive> {
    let lines = text.lines().enumerate();
    // Only at the start of a line is a comment one: `refclock PHC /dev/ptp0 # local` has bad arguments.
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with(['!', ';', '#', '%']));
    lines.filter_map(|(index, line)| directive(line, path, index)).collect()
}

fn directive(line: &str, path: &str, index: usize) -> Option<Directive> {
    let words = line.split_ascii_whitespace().map(str::to_owned);
    let mut directive = Directive::new(words, path, index)?;
    directive.name.make_ascii_lowercase();
    Some(directive)
}

/// What a directive makes chronyd read: at once, but `sourcedir` after everything else and only for its sources.
/// Source: chrony `conf.c:parse_include`, `parse_confdir`, `load_source_file`.
pub fn include(directive: &Directive) -> Option<Include<'_>> {
    let folders = |suffix| Include::Folders { folders: &directive.args, suffix };
    match directive.name.as_str() {
        "include" => directive.args.first().map(|pattern| Include::Files(pattern)),
        "confdir" => Some(folders(".conf")),
        "sourcedir" => Some(folders(".sources")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directives::Directives;

    const DEBIAN: &str = "# Welcome to the chrony configuration file.
confdir /etc/chrony/conf.d
  ! a comment
pool 2.debian.pool.ntp.org iburst
sourcedir /run/chrony-dhcp /etc/chrony/sources.d
%makestep 1 -1
\tMakeStep  1\t3
Refclock PHC /dev/ptp_kvm:nocrossts poll 2 # not a comment
include /etc/chrony.d/*.conf
";

    #[test]
    fn the_first_word_decides_and_comments_begin_lines() {
        let conf = Directives(parse(DEBIAN, "/etc/chrony/chrony.conf"));
        let step = conf.last("makestep").unwrap();
        assert_eq!((step.args.join(" ").as_str(), step.line), ("1 3", 7));
        assert_eq!(step.place(), "/etc/chrony/chrony.conf:7");
        let refclock = conf.last("refclock").unwrap();
        assert_eq!(refclock.option("poll"), Some("2"));
        assert!(refclock.has("comment"));
        assert_eq!(conf.0.len(), 6);
    }

    #[test]
    fn what_is_read_besides_is_told() {
        let directives = parse(DEBIAN, "x");
        let includes: Vec<_> = directives.iter().filter_map(include).collect();
        let folders = ["/run/chrony-dhcp".to_owned(), "/etc/chrony/sources.d".to_owned()];
        assert_eq!(includes[1], Include::Folders { folders: &folders, suffix: ".sources" });
        assert_eq!(includes[2], Include::Files("/etc/chrony.d/*.conf"));
    }
}
