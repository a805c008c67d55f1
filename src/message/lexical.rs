//! What structured header fields are made of: quoted strings, comments and white space (RFC 5322, section 3.2).

use std::borrow::Cow;
use std::str::CharIndices;

/// The characters of a value but for the signs that quote, escape and set off comments.
struct Chars<'a> {
    chars: CharIndices<'a>,
    quoted: bool,
    /// Comments within each other that are open.
    comments: u32,
}

/// Where a character is.
#[derive(PartialEq)]
enum Place {
    Plain,
    Quoted,
    Comment,
}

impl<'a> Chars<'a> {
    fn new(text: &'a str) -> Self {
        Chars { chars: text.char_indices(), quoted: false, comments: 0 }
    }

    /// Whether a quote or comment is not closed up to here.
    fn is_open(&self) -> bool {
        self.quoted || self.comments > 0
    }
}

impl Iterator for Chars<'_> {
    type Item = (usize, char, Place);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (mut i, mut c) = self.chars.next()?;
            match c {
                '\\' if self.is_open() => (i, c) = self.chars.next()?,
                '"' if self.comments == 0 => {
                    self.quoted = !self.quoted;
                    continue;
                }
                '(' if !self.quoted => {
                    self.comments += 1;
                    continue;
                }
                ')' if !self.quoted => {
                    self.comments = self.comments.saturating_sub(1);
                    continue;
                }
                _ => {}
            }
            let place = match (self.quoted, self.comments) {
                (true, _) => Place::Quoted,
                (false, 0) => Place::Plain,
                _ => Place::Comment,
            };
            return Some((i, c, place));
        }
    }
}

/// Splits before the first character that is an `end` and neither quoted nor in a comment. What is never
/// closed hides nothing.
pub(super) fn split(text: &str, mut end: impl FnMut(char) -> bool) -> (&str, &str) {
    split_closed(text, &mut end).unwrap_or_else(|| text.split_at(text.find(end).unwrap_or(text.len())))
}

/// The same; `None` if a quote or comment is never closed.
pub(super) fn split_closed(text: &str, mut end: impl FnMut(char) -> bool) -> Option<(&str, &str)> {
    let mut chars = Chars::new(text);
    match chars.find(|&(_, c, ref place)| *place == Place::Plain && end(c)) {
        Some((at, ..)) => Some(text.split_at(at)),
        None if chars.is_open() => None,
        None => Some(text.split_at(text.len())),
    }
}

/// A value without its quotes, comments, line breaks, and the white space around it.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    if !text.contains(['"', '(', '\n']) {
        return text.into();
    }
    let chars =
        Chars::new(text).filter(|&(_, c, ref place)| *place != Place::Comment && !matches!(c, '\r' | '\n'));
    let kept: String = chars.map(|(_, c, _)| c).collect();
    Cow::Owned(kept.trim_ascii().to_owned())
}
