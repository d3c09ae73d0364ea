//! Splitting a script into words, as a POSIX shell does.

use crate::text::{At, Lines, ParseError};

/// A word, its quotes taken off.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) at: At,
    /// Whether a command may begin here: after a line that `\` does not continue, after `;`, `|` or `&`.
    pub(super) begins: bool,
}

/// The words of a text, without expanding anything. Source: POSIX.1-2017, Shell Command Language, 2.2 and 2.3.
///
/// # Errors
/// Where a quote is not closed.
pub(super) fn words(text: &str) -> Result<Vec<Word>, ParseError> {
    let lines = Lines::new(text);
    let mut splitter = Splitter {
        lines: &lines,
        words: Vec::new(),
        word: String::new(),
        start: None,
        begins: true,
    };
    let mut characters = text.char_indices().peekable();
    let mut quote = None;
    while let Some((offset, c)) = characters.next() {
        match (quote, c) {
            (None | Some((_, '"')), '\\') => {
                let quoted = quote.is_some();
                let Some((_, next)) = characters.next() else { break };
                let ends = next == '\r' && characters.next_if(|(_, c)| *c == '\n').is_some();
                if next != '\n' && !ends {
                    splitter.escaped(offset, next, quoted);
                }
            }
            (Some((_, open)), c) if c == open => quote = None,
            (Some(_), c) => splitter.word.push(c),
            (None, '\'' | '"') => {
                splitter.start.get_or_insert(offset);
                quote = Some((offset, c));
            }
            (None, '#') if splitter.start.is_none() => {
                while characters.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            (None, c) => splitter.plain(offset, c),
        }
    }
    if let Some((offset, _)) = quote {
        let line = lines.at(offset..offset).line as usize;
        return Err(ParseError::new(line, "a quote is not closed"));
    }
    splitter.end(text.len());
    Ok(splitter.words)
}

struct Splitter<'a> {
    lines: &'a Lines<'a>,
    words: Vec<Word>,
    word: String,
    start: Option<usize>,
    begins: bool,
}

impl Splitter<'_> {
    /// A character after a backslash, which between double quotes stays before most.
    fn escaped(&mut self, offset: usize, c: char, quoted: bool) {
        self.start.get_or_insert(offset);
        if quoted && !matches!(c, '$' | '`' | '"' | '\\') {
            self.word.push('\\');
        }
        self.word.push(c);
    }

    fn plain(&mut self, offset: usize, c: char) {
        // The `&` of `2>&1` ends nothing.
        let operator =
            matches!(c, ';' | '|') || c == '&' && !self.word.ends_with(['>', '<']) || c == '\n';
        // An editor of Windows may put U+FEFF in front.
        if operator || c.is_whitespace() || c == '\u{feff}' {
            self.end(offset);
            self.begins |= operator;
        } else {
            self.start.get_or_insert(offset);
            self.word.push(c);
        }
    }

    fn end(&mut self, offset: usize) {
        if let Some(start) = self.start.take() {
            let text = std::mem::take(&mut self.word);
            let at = self.lines.at(start..offset);
            self.words.push(Word { text, at, begins: self.begins });
            self.begins = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let mark = |word: Word| if word.begins { format!("^{}", word.text) } else { word.text };
        words(text).unwrap().into_iter().map(mark).collect()
    }

    #[test]
    fn quotes_and_backslashes_are_taken_as_a_shell_does() {
        assert_eq!(split(r#"a'b c'"d e"f ''"#), ["^ab cd ef", ""]);
        assert_eq!(split(r#""C:\dir \"x\" \$y" 'a\b' c\ d"#), ["^C:\\dir \"x\" $y", "a\\b", "c d"]);
    }

    #[test]
    fn commands_end_where_a_shell_ends_them() {
        assert_eq!(
            split("a b; c&&d\\\n e # f\ng 2>&1|h"),
            ["^a", "b", "^c", "^d", "e", "^g", "2>&1", "^h"]
        );
        assert_eq!(split("\u{feff}a \\\r\n b\r\n\"c\\\nd\""), ["^a", "b", "^cd"]);
    }

    #[test]
    fn an_open_quote_is_found() {
        assert_eq!(words("a\n 'b\n").err().unwrap().line, 2);
        assert!(words("a \\").is_ok());
    }
}
