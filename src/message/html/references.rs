//! Character references of HTML (HTML, sections 13.2.5.72 to 13.2.5.80 and 13.5).

use std::sync::OnceLock;

use super::find;
use crate::message::charset::WINDOWS_1252;
use crate::message::hash::{SEED, hash};

/// All names of the standard; `references.sh` says how lines are written. Sorted by code point, they compress
/// best, and so a module is smaller.
static NAMES: &[u8] = include_bytes!("references.txt");

/// The longest name.
const LONGEST: usize = "CounterClockwiseContourIntegral".len();

/// Adds `text` with its references replaced, and counts the errors of syntax in them.
pub(super) fn decode(text: &str, in_attribute: bool, to: &mut String) -> u32 {
    let mut errors = 0;
    let mut rest = text;
    while let Some((before, after)) = find(b'&', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        to.push_str(before);
        let after = after.get(1..).unwrap_or_default();
        let (length, wrong) = match after.starts_with('#') {
            true => numeric(after.as_bytes(), to),
            false => named(after.as_bytes(), in_attribute, to),
        };
        if length == 0 {
            to.push('&');
        }
        errors += wrong;
        rest = after.get(length..).unwrap_or_default();
    }
    to.push_str(rest);
    errors
}

/// Whether a character is an error wherever it stands: a control character that is not white space, or a
/// noncharacter.
pub(super) fn is_error(character: char) -> bool {
    match character {
        '\t' | '\n' | '\x0c' => false,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fdd0}'..='\u{fdef}' => true,
        _ => character as u32 & 0xfffe == 0xfffe,
    }
}

/// The digits that `text` starts with: how many there are, and their number; of numbers above all code points
/// just one.
pub(super) fn number(text: &[u8], radix: u32) -> (usize, u32) {
    let (mut length, mut number) = (0, 0);
    while let Some(digit) = text.get(length).and_then(|&digit| char::from(digit).to_digit(radix)) {
        number = (number * radix + digit).min(char::MAX as u32 + 1);
        length += 1;
    }
    (length, number)
}

/// Adds the character whose number follows the `#` that `text` starts with. Gives the length of the reference,
/// 0 if it is none, and the errors in it.
fn numeric(text: &[u8], to: &mut String) -> (usize, u32) {
    let (radix, start) = if let [_, b'x' | b'X', ..] = text { (16, 2) } else { (10, 1) };
    let (digits, number) = number(text.get(start..).unwrap_or_default(), radix);
    if digits == 0 {
        return (0, 1);
    }
    let end = start + digits;
    let character = char::from_u32(number);
    match character.filter(|&character| character != '\0') {
        // These are written by those who think in Windows's character set.
        Some('\u{80}'..='\u{9f}') => {
            to.push_str(&WINDOWS_1252.decode(&[number as u8]).0);
        }
        character => to.push(character.unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
    let ends = text.get(end) == Some(&b';');
    (end + usize::from(ends), u32::from(!ends) + u32::from(character.is_none_or(is_error)))
}

/// The same for the name that `text` starts with. In an attribute, a name that goes on without a semicolon is
/// none: it is part of a URL.
fn named(text: &[u8], in_attribute: bool, to: &mut String) -> (usize, u32) {
    let Some((length, code, marks)) = longest(text) else {
        let end = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        return (0, u32::from(end > 0 && text.get(end) == Some(&b';')));
    };
    let next = text.get(length);
    let ends = next == Some(&b';');
    if in_attribute && next.is_some_and(|next| *next == b'=' || next.is_ascii_alphanumeric()) {
        return (0, 0);
    }
    let second = marks.strip_prefix(b"+").map(|digits| number(digits, 16).1);
    to.extend([Some(code), second].into_iter().flatten().filter_map(char::from_u32));
    (length + usize::from(ends), u32::from(!ends))
}

/// The longest name that `text` starts with: its length, its code point, and the marks behind it.
fn longest(text: &[u8]) -> Option<(usize, u32, &'static [u8])> {
    static INDEX: OnceLock<Index> = OnceLock::new();
    let index = INDEX.get_or_init(Index::new);
    let mut state = SEED;
    let mut found = None;
    for (length, byte) in (1..=LONGEST).zip(text) {
        if !byte.is_ascii_alphanumeric() {
            break;
        }
        state = hash(state, &[*byte]);
        let (name, code) = index.slots[index.slot(state, text.get(..length)?)];
        let marks = name.get(length..).unwrap_or_default();
        if !name.is_empty() && (marks.starts_with(b"?") || text.get(length) == Some(&b';')) {
            found = Some((length, code, marks));
        }
    }
    found
}

/// A hash table of names, with their marks, and their code points.
struct Index {
    slots: Box<[(&'static [u8], u32); Index::SLOTS]>,
}

impl Index {
    const SLOTS: usize = 4096;

    #[cold]
    fn new() -> Self {
        let mut index = Index { slots: Box::new([(&[], 0); Self::SLOTS]) };
        let mut code = 0;
        for line in NAMES.split(|&byte| byte == b'\n') {
            let (digits, gap) = number(line, 10);
            code += if digits > 0 { gap } else { 1 };
            for marked in line.split(|&byte| byte == b' ').skip(usize::from(digits > 0)) {
                let end = marked.iter().position(|byte| !byte.is_ascii_alphanumeric());
                let name = marked.get(..end.unwrap_or(marked.len())).unwrap_or_default();
                let slot = index.slot(hash(SEED, name), name);
                index.slots[slot] = (marked, code);
            }
        }
        index
    }

    /// Where a name is, or would be.
    fn slot(&self, hash: u64, name: &[u8]) -> usize {
        let is_name = |marked: &[u8]| {
            let marks = marked.strip_prefix(name);
            marks.is_some_and(|marks| marks.first().is_none_or(|mark| !mark.is_ascii_alphanumeric()))
        };
        let mut slot = hash as usize % Self::SLOTS;
        while !self.slots[slot].0.is_empty() && !is_name(self.slots[slot].0) {
            slot = (slot + 1) % Self::SLOTS;
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokenizer::tests::check;
    use super::*;

    /// The standard has so many names, with and without a semicolon.
    const COUNT: usize = 2231;

    #[test]
    fn names_are_those_of_the_standard() {
        let marked = str::from_utf8(NAMES)
            .unwrap()
            .split([' ', '\n'])
            .filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()));
        let mut count = 0;
        for marked in marked {
            let name = marked.split(['?', '+']).next().unwrap();
            let (reference, mut decoded) = (format!("&{name};"), String::new());
            assert_eq!(decode(&reference, false, &mut decoded), 0, "{name}");
            assert_ne!(decoded, reference);
            assert!(name.len() <= LONGEST);
            count += 1 + usize::from(marked.ends_with('?'));
            for end in ["", ";", " ", "=", "x", "x;", "X", "1", ";;", "&", "<"] {
                check(&format!("&{name}{end}"));
                check(&format!("<a b='&{name}{end}' c=&{name}{end}>"));
            }
        }
        assert_eq!(count, COUNT);
    }

    #[test]
    fn numbers() {
        let limits =
            [0xd800, 0xdfff, 0xfdd0, 0xfdef, 0xfffe, 0x1_ffff, 0x10_fffe, 0x11_0000, 0xffff_ffff_u64];
        let around = limits.iter().flat_map(|limit| limit - 1..=limit + 1);
        for number in (0..0x120).chain(around) {
            check(&format!(
                "&#{number};&#x{number:x};&#X{number:X} &#000{number}x<a b=&#{number} c=&#{number};d>"
            ));
        }
    }
}
