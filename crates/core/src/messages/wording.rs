//! Wordings with holes: how a message looks, and what stands in its holes.
//!
//! `{name}` takes one word, `{name#unit}` a number of that unit, `{name*}` any text, `{name=a|b}` one of these texts.
//! What is called `_` is not kept.

/// A wording, taken apart.
pub(super) struct Wording {
    pieces: Vec<Piece>,
    /// Bytes outside the holes.
    literal: usize,
}

enum Piece {
    Literal(&'static str),
    Hole(&'static str, Takes),
}

#[derive(Clone, Copy)]
enum Takes {
    Word,
    Number(&'static str),
    Text,
    OneOf(&'static str),
}

/// What stands in a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The hole's name.
    pub name: &'static str,
    /// The text in it.
    pub text: String,
    /// The unit of a number, empty where it has none.
    pub unit: &'static str,
}

/// How far a wording must agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To the end of the text.
    End,
    /// Text may follow.
    Beginning,
}

/// Of a line that was cut off, so much of the wording must be there.
const LEAST_CUT: usize = 16;

/// A wording with fewer letters says too little to be found inside other text.
const LEAST_PART: usize = 14;

impl Wording {
    pub(super) fn new(wording: &'static str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = wording.trim_end_matches(['.', ':', ' ']);
        while let Some((literal, after)) = rest.split_once('{') {
            let (hole, after) = after.split_once('}').unwrap_or((after, ""));
            pieces.extend((!literal.is_empty()).then_some(Piece::Literal(literal)));
            pieces.push(hole_of(hole));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then_some(Piece::Literal(rest)));
        let literal = pieces.iter().map(Piece::literal).sum();
        Self { pieces, literal }
    }

    /// The bytes outside the holes: of two wordings that match, the longer one says more.
    pub(super) fn literal(&self) -> usize {
        self.literal
    }

    /// The values, where the text is this wording from its beginning, or from behind some `: `, to its end.
    pub(super) fn whole(&self, text: &str) -> Option<Vec<Value>> {
        let text = text.trim_end_matches(['.', ':', ' ']);
        starts(text).find_map(|start| self.from(&text[start..], Reach::End))
    }

    /// The values, where the wording stands somewhere in the text.
    pub(super) fn inside(&self, text: &str) -> Option<Vec<Value>> {
        if self.literal < LEAST_PART {
            return None;
        }
        match self.pieces.first()? {
            Piece::Literal(first) => {
                let found = text.match_indices(first);
                found.into_iter().find_map(|(at, _)| self.from(&text[at..], Reach::Beginning))
            }
            Piece::Hole(..) => {
                starts(text).find_map(|start| self.from(&text[start..], Reach::Beginning))
            }
        }
    }

    /// Whether the text is more than half of this wording, cut off at its end.
    pub(super) fn is_cut(&self, text: &str) -> bool {
        let text = text.trim_end_matches(['>', '…', '.', ' ']);
        starts(text).any(|start| self.agrees_until_the_end(&text[start..]))
    }

    fn agrees_until_the_end(&self, text: &str) -> bool {
        let enough = |agreed: usize| agreed >= LEAST_CUT && agreed * 2 > self.literal;
        let (mut rest, mut agreed) = (text, 0);
        for (index, piece) in self.pieces.iter().enumerate() {
            match *piece {
                Piece::Literal(literal) => match rest.strip_prefix(literal) {
                    Some(shorter) => (rest, agreed) = (shorter, agreed + literal.len()),
                    None => return literal.starts_with(rest) && enough(agreed + rest.len()),
                },
                Piece::Hole(_, takes) => {
                    let after = self.after(index);
                    match takes.length(rest, after, Reach::Beginning) {
                        Some(length) => rest = &rest[length..],
                        None => {
                            return takes.fits(rest, after) && enough(agreed + begun(rest, after));
                        }
                    }
                }
            }
        }
        false
    }

    fn from(&self, text: &str, reach: Reach) -> Option<Vec<Value>> {
        let (mut rest, mut values) = (text, Vec::new());
        for (index, piece) in self.pieces.iter().enumerate() {
            match *piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal)?,
                Piece::Hole(name, takes) => {
                    let length = takes.length(rest, self.after(index), reach)?;
                    let (text, after) = rest.split_at(length);
                    if name != "_" {
                        values.push(Value {
                            name,
                            text: text.trim().to_owned(),
                            unit: takes.unit(),
                        });
                    }
                    rest = after;
                }
            }
        }
        (reach == Reach::Beginning || rest.is_empty()).then_some(values)
    }

    /// The literal behind a hole, and whether it is the last piece.
    fn after(&self, index: usize) -> Option<(&'static str, bool)> {
        match self.pieces.get(index + 1)? {
            Piece::Literal(literal) => Some((literal, index + 2 == self.pieces.len())),
            Piece::Hole(..) => None,
        }
    }
}

impl Piece {
    fn literal(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Hole(_, Takes::OneOf(all)) => all.split('|').map(str::len).min().unwrap_or(0),
            Self::Hole(..) => 0,
        }
    }
}

impl Takes {
    fn unit(self) -> &'static str {
        if let Self::Number(unit) = self { unit } else { "" }
    }

    /// Whether the rest of a text that was cut off may stand in the hole.
    fn fits(self, text: &str, after: Option<(&str, bool)>) -> bool {
        match self {
            Self::Word => !text[..text.len() - begun(text, after)].contains(' '),
            Self::Text => true,
            Self::Number(_) | Self::OneOf(_) => text.is_empty(),
        }
    }

    /// How much of a text belongs into the hole.
    fn length(self, text: &str, after: Option<(&str, bool)>, reach: Reach) -> Option<usize> {
        match self {
            Self::Number(_) => number(text),
            Self::OneOf(all) => {
                let fitting = all.split('|').filter(|one| text.starts_with(one));
                fitting.map(str::len).max()
            }
            Self::Text => end_of_hole(text, after, reach, text.len()),
            Self::Word => {
                let space = text.find(' ').unwrap_or(text.len());
                let end = end_of_hole(text, after, reach, space)?;
                (0 < end && end <= space).then_some(end)
            }
        }
    }
}

/// How much of the literal behind a hole a text that was cut off has at its end.
fn begun(text: &str, after: Option<(&str, bool)>) -> usize {
    let Some((literal, _)) = after else { return 0 };
    let ends = literal.char_indices().map(|(end, _)| end).rev();
    ends.into_iter().find(|end| text.ends_with(&literal[..*end])).unwrap_or(0)
}

fn end_of_hole(
    text: &str,
    after: Option<(&str, bool)>,
    reach: Reach,
    open: usize,
) -> Option<usize> {
    match after {
        None => Some(open),
        Some((literal, true)) if reach == Reach::End => text.strip_suffix(literal).map(str::len),
        Some((literal, _)) => text.find(literal),
    }
}

fn hole_of(hole: &'static str) -> Piece {
    if let Some((name, all)) = hole.split_once('=') {
        return Piece::Hole(name, Takes::OneOf(all));
    }
    if let Some((name, unit)) = hole.split_once('#') {
        return Piece::Hole(name, Takes::Number(unit));
    }
    match hole.strip_suffix('*') {
        Some(name) => Piece::Hole(name, Takes::Text),
        None => Piece::Hole(hole, Takes::Word),
    }
}

/// The length of `-12.5`, `+3` or `1,000`, without a full stop behind it.
fn number(text: &str) -> Option<usize> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = &text[sign..];
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
    let digits = digits[..end.unwrap_or(digits.len())].trim_end_matches(['.', ',']);
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(sign + digits.len())
}

/// The text's beginning, and what follows a program's name or a function.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(0).chain(text.match_indices(": ").map(|(at, mark)| at + mark.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(wording: &'static str, text: &str) -> Option<Vec<(&'static str, String)>> {
        let found = Wording::new(wording).whole(text)?;
        Some(found.into_iter().map(|value| (value.name, value.text)).collect())
    }

    #[test]
    fn holes_take_words_numbers_texts_and_choices() {
        let wording = "Clock {name} off by {by#s} s: {why*}; {_=odd|odds} {end=good|goods}.";
        let text = "prog: Clock tsc off by -6.8 s: some, odd reason; odds goods";
        let expected =
            [("name", "tsc"), ("by", "-6.8"), ("why", "some, odd reason"), ("end", "goods")];
        let found = values(wording, text).unwrap();
        assert_eq!(found.iter().map(|(name, text)| (*name, &**text)).collect::<Vec<_>>(), expected);
        assert_eq!(values(wording, "Clock a b off by 1 s: x; odd good"), None);
        assert_eq!(values(wording, "Clock a off by one s: x; odd good"), None);
    }

    #[test]
    fn a_whole_wording_ends_where_the_text_ends() {
        assert!(values("lost {n#} ticks", "lost 3 ticks.").is_some());
        assert!(values("lost {n#} ticks", "lost 3 ticks of 5").is_none());
        assert!(
            Wording::new("lost {n#} timer ticks").inside("has lost 3 timer ticks of 5").is_some()
        );
    }

    #[test]
    fn a_cut_line_is_known_by_its_better_half() {
        let wording = Wording::new("kernel reports TIME_ERROR: {status}: Clock Unsynchronized");
        assert!(wording.is_cut("kernel reports TIME_ERROR: 0x6041: Clock Un>"));
        assert!(!wording.is_cut("kernel reports"));
        assert!(!wording.is_cut("kernel reports TIME_ERROR: 0x6041: nothing"));
    }
}
