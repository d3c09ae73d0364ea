//! ntp.conf(5), directive by directive.

pub use crate::directives::{Directive, Include};

/// Reads one file; `#` begins a comment anywhere, even inside a word, but not between quotes.
/// Source: ntp and ntpsec `ntpd/ntp_scanner.c:yylex`.
pub fn parse(text: &str, path: &str) -> Vec<Directive> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| Directive::new(words(line).into_iter(), path, index)).collect()
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = word(rest);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// The word that a text begins with, and what follows it; a quote that is not closed ends with the line.
fn word(text: &str) -> (String, &str) {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '#' | '"'));
    let (start, rest) = text.split_at(end.unwrap_or(text.len()));
    let Some(quoted) = rest.strip_prefix('"') else { return (start.to_owned(), rest) };
    let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
    (format!("{start}{inside}"), after)
}

/// What a directive makes ntpd read at once. Source: ntp `ntpd/ntp_parser.y`, `miscellaneous_command`.
pub fn include(directive: &Directive) -> Option<Include<'_>> {
    let path = directive.args.first()?;
    (directive.name == "includefile").then(|| Include::Files(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directives::Directives;

    #[test]
    fn comments_may_follow_and_quotes_keep_blanks() {
        let conf = Directives(parse(
            "# ntp.conf\ntinker panic 0 # a virtual machine\n\nserver 127.127.1.0# LCL\nlogfile \"/var/log/my # ntp\" x\n  includefile /etc/ntp/crypto/pw\n",
            "/etc/ntp.conf",
        ));
        assert_eq!(conf.last("tinker").unwrap().option("panic"), Some("0"));
        assert_eq!(conf.last("server").unwrap().args, ["127.127.1.0"]);
        assert_eq!(conf.last("logfile").unwrap().args, ["/var/log/my # ntp", "x"]);
        let included = conf.last("includefile").unwrap();
        assert_eq!(include(included), Some(Include::Files("/etc/ntp/crypto/pw")));
        assert_eq!(included.place(), "/etc/ntp.conf:6");
    }
}
