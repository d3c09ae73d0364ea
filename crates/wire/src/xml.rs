//! XML documents, one or several in a row.

use roxmltree::{Document, Node, ParsingOptions};

use crate::text::{Lines, ParseError};

/// roxmltree compares each attribute of an element with all others, so that one with 60 000 takes seconds.
/// libvirt writes a dozen.
const ATTRIBUTES: usize = 256;

/// roxmltree compares each namespace with all that are inherited, so that a file of 200 KB can take minutes.
/// A domain has about five.
const NAMESPACES: usize = 64;

/// A text up to this length is read at once if it is a single document, as nearly all are: its attributes can take no
/// longer than some milliseconds.
const SHORT: usize = 16 << 10;

/// The documents of a text, each with the offset of its start.
pub(crate) struct Documents<'a> {
    lines: &'a Lines<'a>,
    start: usize,
}

impl<'a> Documents<'a> {
    /// Begins at the start of the text.
    pub(crate) fn new(lines: &'a Lines<'a>) -> Self {
        Self { lines, start: 0 }
    }

    fn read(&self, start: usize, part: &'a str) -> Result<(usize, Document<'a>), ParseError> {
        let line = self.lines.at(start..start).line as usize;
        if part.chars().take(4).any(|c| matches!(c, '\0' | '\u{fffd}')) {
            return Err(ParseError::new(line, "not UTF-8; UTF-16 must be converted to it first"));
        }
        let document = parse(part).map_err(|error| {
            let row = error.pos().row as usize;
            ParseError::new(line + row.saturating_sub(1), no_position(&error.to_string()))
        })?;
        Ok((start, document))
    }
}

fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    Document::parse_with_options(text, ParsingOptions { allow_dtd: false, ..Default::default() })
}

impl<'a> Iterator for Documents<'a> {
    type Item = Result<(usize, Document<'a>), ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.lines.text();
        // An XML declaration must be the first thing in a document.
        let rest = text[self.start..].trim_start();
        let start = text.len() - rest.len();
        if rest.len() <= SHORT
            && rest.matches("xmlns").count() <= NAMESPACES
            && let Ok(document) = parse(rest)
        {
            self.start = text.len();
            return Some(Ok((start, document)));
        }
        let extent = Extent::of(rest);
        self.start = start + extent.length;
        if extent.unbounded {
            self.start = text.len();
            let line = self.lines.at(start + extent.length..text.len()).line as usize;
            return Some(Err(ParseError::new(line, "too many attributes or namespaces")));
        }
        let only_comments = start > 0 && !extent.element && rest.starts_with("<!--");
        (!rest.is_empty() && !only_comments).then(|| self.read(start, &rest[..extent.length]))
    }
}

/// How far the document at the start of a text goes: to the end of its first element, or else of the text.
struct Extent {
    length: usize,
    /// Whether there is an element at all.
    element: bool,
    /// Whether reading it would take too long; it ends there.
    unbounded: bool,
}

impl Extent {
    fn of(text: &str) -> Self {
        let mut extent = Self { length: 0, element: false, unbounded: false };
        let mut open = Vec::new();
        let mut namespaces = 0;
        while let Some(found) = text[extent.length..].find('<') {
            let start = extent.length + found;
            let Some(tag) = Tag::of(&text[start..]) else { break };
            extent.length = start + tag.length;
            match tag.kind {
                Kind::Open => {
                    open.push(tag.namespaces);
                    namespaces += tag.namespaces;
                }
                Kind::Close => match open.pop() {
                    Some(closed) => namespaces -= closed,
                    // The parser will say what is wrong.
                    None => break,
                },
                Kind::Empty => {}
                Kind::Other => continue,
            }
            extent.element = true;
            extent.unbounded = tag.attributes > ATTRIBUTES || namespaces > NAMESPACES;
            if open.is_empty() || extent.unbounded {
                return extent;
            }
        }
        extent.length = text.len();
        extent
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Open,
    Close,
    Empty,
    /// A comment, an instruction, literal text.
    Other,
}

struct Tag {
    kind: Kind,
    length: usize,
    attributes: usize,
    namespaces: usize,
}

impl Tag {
    /// The tag at the start of a text, if it ends.
    fn of(text: &str) -> Option<Self> {
        for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")] {
            if let Some(inside) = text.strip_prefix(start) {
                let length = start.len() + inside.find(end)? + end.len();
                return Some(Self { kind: Kind::Other, length, attributes: 0, namespaces: 0 });
            }
        }
        let (length, attributes) = extent_of_tag(text)?;
        let tag = &text[..length];
        let kind = match tag {
            _ if tag.starts_with("</") => Kind::Close,
            _ if tag.ends_with("/>") => Kind::Empty,
            _ => Kind::Open,
        };
        Some(Self { kind, length, attributes, namespaces: tag.matches("xmlns").count() })
    }
}

/// The length of a tag and the number of its quoted values, which may hold `>`.
fn extent_of_tag(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut values = 0;
    loop {
        at += text[at..].find(['>', '\'', '"'])?;
        let found = text[at..].chars().next()?;
        at += 1;
        if found == '>' {
            return Some((at, values));
        }
        at += text[at..].find(found)? + 1;
        values += 1;
    }
}

/// roxmltree ends its messages with ` at ROW:COLUMN`, which a part of a larger text gets wrong.
fn no_position(message: &str) -> &str {
    message.rsplit_once(" at ").map_or(message, |(message, _)| message)
}

/// Names the root of the document that starts there, which is of another kind than was wanted.
pub(crate) fn other_root(root: Node<'_, '_>, lines: &Lines<'_>, start: usize) -> ParseError {
    let offset = start + root.range().start;
    let message = format!("the root is <{}>", root.tag_name().name());
    ParseError::new(lines.at(offset..offset).line as usize, message)
}

/// The first child element by that name, in any namespace.
pub(crate) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|n| n.has_tag_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(usize, String), ParseError>> {
        let lines = Lines::new(text);
        let root = |document: Document<'_>| document.root_element().tag_name().name().to_owned();
        Documents::new(&lines).map(|read| read.map(|(start, d)| (start, root(d)))).collect()
    }

    #[test]
    fn documents_in_a_row_are_told_apart() {
        let text = "\u{feff}<?xml version='1.0'?>\r\n<!-- <a> -->\r\n<a x='>'><a/><![CDATA[</a>]]></a>\n<!-- b -->\n<b/> <!-- end -->\n";
        let second = text.find("<!-- b").unwrap();
        assert_eq!(read(text), [Ok((0, "a".to_owned())), Ok((second, "b".to_owned()))]);
    }

    #[test]
    fn errors_name_the_line_of_the_whole_text() {
        let lines = |text| -> Vec<_> { read(text).into_iter().filter_map(Result::err).collect() };
        assert_eq!(lines("<a/>\n<b>\n</c>\n")[0].line, 3);
        assert_eq!(lines("<a/>\n\n<b>\n")[0].message, "the root node was opened but never closed");
        assert_eq!(lines("</a><a/>")[0].line, 1);
        assert_eq!(lines("<a/>\nerror: no domain")[0].line, 2);
        assert!(lines("<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a>&b;</a>")[0].message.contains("DTD"));
        assert!(lines("\u{fffd}\u{fffd}<\0a\0/\0>\0")[0].message.contains("UTF-16"));
    }

    #[test]
    fn what_would_take_too_long_is_refused() {
        let wide = format!("<a>\n<b {}/></a>", " c='d'".repeat(ATTRIBUTES + 1));
        assert_eq!(read(&wide)[0].as_ref().unwrap_err().line, 2);
        let deep: String = (0..=NAMESPACES).map(|i| format!("<a xmlns:b{i}='c'>\n")).collect();
        assert!(read(&deep)[0].is_err() && read(&deep).len() == 1);
        let beside = format!("<a>{}</a>", "<b xmlns:c='d'></b>".repeat(NAMESPACES + 1));
        assert!(read(&beside)[0].is_ok());
    }
}
