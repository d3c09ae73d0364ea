//! Markdown, for an issue or a merge request: a table for each severity, the worst first.

use std::io::{self, Write};

use kvmtime_core::allow::Allowed;
use kvmtime_core::check::{Note, Skipped};
use kvmtime_core::finding::{Finding, Severity};

use super::{Whole, report};

pub(super) fn report(out: &mut dyn Write, whole: &Whole<'_>) -> io::Result<()> {
    let sum = &whole.report.summary;
    writeln!(
        out,
        "## kvmtime: {}, {}, {}\n",
        count(sum.error, "error", "errors"),
        count(sum.warning, "warning", "warnings"),
        count(sum.info, "info", "info"),
    )?;
    for (severity, title) in
        [(Severity::Error, "Errors"), (Severity::Warning, "Warnings"), (Severity::Info, "Info")]
    {
        let found = whole.report.findings.iter().filter(|finding| finding.severity == severity);
        table(out, title, &found.collect::<Vec<_>>())?;
    }
    if !whole.failures.is_empty() {
        writeln!(out, "### Not read\n")?;
        whole.failures.iter().try_for_each(|failure| writeln!(out, "- {}", text(failure)))?;
        writeln!(out)?;
    }
    folded(out, "allowed", &whole.report.allowed, |Allowed { finding, reason }| {
        format!("{} on {}: {}", code(&finding.rule), code(&finding.subject), text(reason))
    })?;
    folded(out, "skipped", &whole.report.skipped, |Skipped { rule, subject, why }| {
        format!("{} on {}: {}", code(rule), code(subject), text(why))
    })?;
    for Note { subject, text: line } in &whole.report.notes {
        writeln!(out, "{}: {}\n", code(subject), text(line))?;
    }
    let subjects = count(whole.report.subjects.len(), "subject", "subjects");
    let (passed, version) = (sum.passed, env!("CARGO_PKG_VERSION"));
    writeln!(out, "{subjects}, {passed} passed, {} skipped; kvmtime {version}", sum.skipped)
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn table(out: &mut dyn Write, title: &str, findings: &[&Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "### {title}\n\n| subject | fault | where | cure | rule |\n|---|---|---|---|---|"
    )?;
    for finding in findings {
        let place = finding
            .location
            .as_ref()
            .map(|place| code(&format!("{}:{}:{}", place.path, place.at.line, place.at.column)));
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            code(&finding.subject),
            text(&finding.message),
            place.unwrap_or_default(),
            text(&report::cure(&finding.cure)),
            code(&finding.rule),
        )?;
    }
    writeln!(out)
}

/// A longer list is not read, and an issue may hold 65,536 characters.
const MOST: usize = 100;

/// A list that is read on demand.
fn folded<T>(
    out: &mut dyn Write,
    what: &str,
    items: &[T],
    line: impl Fn(&T) -> String,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{} {what}</summary>\n", items.len())?;
    items.iter().take(MOST).try_for_each(|item| writeln!(out, "- {}", line(item)))?;
    if items.len() > MOST {
        writeln!(out, "- and {} more", items.len() - MOST)?;
    }
    writeln!(out, "\n</details>\n")
}

/// A value as it stands. A bar would end the cell even here, and a fence must be longer than any inside.
fn code(value: &str) -> String {
    let value = value.replace(char::is_control, " ");
    if value.trim().is_empty() {
        return String::new();
    }
    let longest = value.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let edge = if value.starts_with('`') || value.ends_with('`') { " " } else { "" };
    format!("{fence}{edge}{}{edge}{fence}", value.replace('|', "\\|"))
}

/// A sentence with values in backticks; what would be markup elsewhere is not.
fn text(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(sentence);
    }
    let shown = parts.iter().enumerate().map(|(index, part)| match index % 2 {
        1 => code(part),
        _ => escaped(part),
    });
    shown.collect()
}

fn escaped(words: &str) -> String {
    let mut all = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            c if c.is_control() => all.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '$' => {
                all.extend(['\\', c]);
            }
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_values_is_shown_and_not_obeyed() {
        assert_eq!(
            text("write `a|b`, not <b> or [x](y)"),
            "write `a\\|b`, not \\<b\\> or \\[x\\](y)"
        );
        assert_eq!(text("one ` alone"), "one \\` alone");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(text("two\nlines | bar"), "two lines \\| bar");
    }
}
