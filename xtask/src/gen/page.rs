//! A manual page of a Markdown page: headings, paragraphs, tables and code are all that ours have.

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// `NAME(SECTION)` of a page. Its first heading gives way to the title, and the paragraph below it follows the name.
pub(super) fn manual(name: &str, section: &str, source: &str, what: &str, page: &str) -> Vec<u8> {
    let mut roff = Roff::new();
    roff.control("TH", [name, section, " ", source, "File Formats"]);
    roff.control("SH", ["NAME"]).text([roman(format!("{name} - {what}"))]);
    roff.control("SH", ["DESCRIPTION"]);
    let mut lines = page.lines().skip(1).peekable();
    let mut begins = true;
    while let Some(line) = lines.next() {
        if line.is_empty() {
            begins = true;
        } else if let Some(heading) = line.strip_prefix("## ") {
            roff.control("SH", [heading.to_uppercase().as_str()]);
            begins = false;
        } else if line.starts_with("```") {
            roff.control("PP", []).control("nf", []);
            for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        } else if let Some(titles) = cells(line) {
            lines.next();
            while let Some(row) = lines.peek().copied().and_then(cells) {
                entry(&mut roff, &titles, &row);
                lines.next();
            }
        } else {
            if begins {
                roff.control("PP", []);
            }
            roff.text(inlines(line));
            begins = false;
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("kvmtime-check"), roman("(1), "), bold("kvmtime-config"), roman("(1)")]);
    roff.render().replace('`', "\\(ga").into_bytes()
}

/// The cells of a table's row; a bar inside a cell is escaped.
fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?.replace("\\|", "\u{1}");
    Some(row.split(" | ").map(|cell| cell.replace('\u{1}', "|")).collect())
}

/// A row: its first cell is the entry's tag, its last one says what it is, and those between are named by the table's head.
fn entry(roff: &mut Roff, titles: &[String], row: &[String]) {
    let [first, between @ .., last] = row else { return };
    roff.control("TP", []).text([bold(first.replace('`', ""))]).text(inlines(last));
    for (title, cell) in
        titles.iter().skip(1).zip(between).filter(|(_, cell)| !cell.trim().is_empty())
    {
        roff.control("br", []);
        roff.text(
            [italic(title.clone()), roman(": ")]
                .into_iter()
                .chain(inlines(cell))
                .collect::<Vec<_>>(),
        );
    }
}

/// Code is bold, everything else as it stands.
fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { bold(part) } else { roman(part) }).collect()
}
