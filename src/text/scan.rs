//! Breaking one block of normalised text into tokens.

use std::ops::ControlFlow;

use unicode_segmentation::UnicodeSegmentation;

use super::link::{self, LinkKind};
use super::normal::is_combining_mark;
use super::number::{self, Numeric};
use super::script::{Script, is_alphanumeric, is_pictograph, is_unsegmented};
use super::shape::{self, push_length, push_number};
use super::{TextFacts, Token, floor_char_boundary, fold, skeleton};
use crate::limits;

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
/// `.`, `:` and `@`: without one of them there is no address.
const LINK: u8 = 8;
const PUNCT: u8 = 16;
const HIGH: u8 = 32;
const SPACE: u8 = 64;

/// The class of each byte. Control characters part words as spaces do.
const CLASS: [u8; 256] = {
    let mut class = [HIGH; 256];
    let mut b = 0;
    while b < 128 {
        class[b] = match b as u8 {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'.' | b':' | b'@' => LINK,
            0..=b' ' | 0x7F => SPACE,
            _ => PUNCT,
        };
        b += 1;
    }
    class
};

fn class(b: u8) -> u8 {
    CLASS[usize::from(b)]
}

/// The end of the ASCII word at byte `at`, and the classes of its bytes: letters and digits, an
/// apostrophe between letters, and an apostrophe, point or comma between digits (UAX #29, WB5 to
/// WB12, as tailored).
fn ascii_word_end(bytes: &[u8], at: usize) -> (usize, u8) {
    let mut end = at;
    let mut mask = 0;
    while let Some(&b) = bytes.get(end) {
        let of = class(b);
        if of & (LOWER | UPPER | DIGIT) == 0 {
            let before = if end > at { class(bytes[end - 1]) } else { 0 };
            let after = bytes.get(end + 1).map_or(0, |&b| class(b));
            let between = |of: u8| before & of != 0 && after & of != 0;
            let inside = match b {
                b'\'' => between(LOWER | UPPER) || between(DIGIT),
                b'.' | b',' => between(DIGIT),
                _ => false,
            };
            if !inside {
                break;
            }
        } else {
            mask |= of;
        }
        end += 1;
    }
    (end, mask)
}

/// What takes the tokens. There is one scanner for all of them: compiled for each it would be half of the
/// tokenizer again.
pub(super) type Sink<'a> = dyn FnMut(Token<'_>) -> ControlFlow<()> + 'a;

/// One block of text, and where its tokens go.
pub(super) struct Scan<'a> {
    /// Normalised.
    pub text: &'a str,
    /// The same with the letters of ASCII in lower case, byte for byte.
    pub lower: &'a str,
    /// For a token that is a slice of neither.
    pub token: &'a mut String,
    pub facts: &'a mut TextFacts,
    pub sink: &'a mut Sink<'a>,
}

/// The byte offset at which to go on, unless the sink has enough.
type Step = ControlFlow<(), usize>;

impl Scan<'_> {
    /// Gives all tokens of the block.
    pub(super) fn block(&mut self) -> ControlFlow<()> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let mut mask = 0;
            let len = bytes[at..]
                .iter()
                .map(|&b| class(b))
                .take_while(|&c| c != SPACE)
                .inspect(|&c| mask |= c)
                .count();
            let end = at + len;
            at = match len {
                0 => at + 1,
                _ if len > 3 && mask & !(LOWER | UPPER) == 0 => {
                    self.ascii_word(at, end, mask)?;
                    end
                }
                _ => self.chunk(at, end, mask)?,
            };
        }
        ControlFlow::Continue(())
    }

    /// Takes what is between two spaces, at bytes `at..end`.
    fn chunk(&mut self, mut at: usize, end: usize, mask: u8) -> Step {
        let bytes = self.text.as_bytes();
        let mixed = LOWER | UPPER | DIGIT;
        if mask & (LINK | HIGH) == 0 && mask & mixed == mixed && shape::is_base64(&bytes[at..end]) {
            self.random("base64", end - at)?;
            return ControlFlow::Continue(end);
        }
        let text = self.text;
        let find = |at: usize| if at < end && mask & LINK != 0 { link::find(text, at, end) } else { None };
        let mut next = find(at);
        while at < end {
            match next {
                Some(link) if at == link.start => {
                    let address = &text[at..link.end];
                    (self.sink)(match link.kind {
                        LinkKind::Url => Token::Url(address),
                        LinkKind::Email => Token::Email(address),
                    })?;
                    at = link.end;
                }
                // A number with spaces may reach into what looked like an address.
                Some(link) if at > link.start => {}
                _ => {
                    at = self.piece(at, next.map_or(end, |link| link.start))?;
                    continue;
                }
            }
            next = find(at);
        }
        ControlFlow::Continue(at)
    }

    /// Takes one token, or what is none, at byte `at`. Words end at `stop` at the latest; what may
    /// have spaces in it may go on beyond.
    fn piece(&mut self, at: usize, stop: usize) -> Step {
        let bytes = self.text.as_bytes();
        match class(bytes[at]) {
            HIGH => return self.beyond_ascii(at, stop),
            LINK | PUNCT => return self.punctuation(at, stop),
            DIGIT => {
                if let Some((numeric, end)) = number::number(self.lower, at) {
                    self.numeric(numeric)?;
                    return ControlFlow::Continue(end);
                }
            }
            _ => {}
        }
        let (end, mask) = ascii_word_end(&bytes[..stop], at);
        if continues(&self.text[end..stop]) {
            return self.words(at, stop);
        }
        if end - at == 1
            && let Some(end) = self.set_apart(at)?
        {
            return ControlFlow::Continue(end);
        }
        // "USD 100", and "USD100" that is one word.
        let code = if mask & DIGIT == 0 { end } else { at + 3 };
        if code - at <= 3
            && let Some((numeric, end)) = self.price(at, code)
        {
            self.numeric(numeric)?;
            return ControlFlow::Continue(end);
        }
        self.ascii_word(at, end, mask)?;
        if is_sign(bytes, end) && !(at > 0 && is_sign(bytes, at - 1)) {
            self.signs_for_letters(at, stop)?;
        }
        ControlFlow::Continue(end)
    }

    /// The amount that the currency code at bytes `at..end` is for.
    fn price(&self, at: usize, end: usize) -> Option<(Numeric, usize)> {
        let word = self.lower.get(at..end)?;
        let after = self.lower.as_bytes().get(end..)?;
        if !after.iter().take(4).any(u8::is_ascii_digit) {
            return None;
        }
        match after.first() {
            Some(b'$') => number::money(self.lower, end + 1, number::dollars_of(word)?),
            _ => number::money(self.lower, end, number::currency_before(word)?),
        }
    }

    fn ascii_word(&mut self, at: usize, end: usize, mask: u8) -> ControlFlow<()> {
        let word = &self.lower[at..end];
        let identifier = if mask & DIGIT != 0 { shape::identifier(&self.text[at..end]) } else { None };
        if end - at > limits::WORD_BYTES {
            return self.random(identifier.unwrap_or("long"), end - at);
        }
        if mask & DIGIT == 0 {
            (self.sink)(Token::Word(word))?;
            let is_caps = mask & LOWER == 0 && end - at >= 2;
            return if is_caps { (self.sink)(Token::Caps(word)) } else { ControlFlow::Continue(()) };
        }
        self.token.clear();
        let leet = identifier != Some("hex") && skeleton::unleet(word, 'l', self.token);
        match identifier {
            Some(kind) if !leet => self.random(kind, end - at),
            _ => {
                (self.sink)(Token::Word(word))?;
                if leet { self.unleet(word) } else { ControlFlow::Continue(()) }
            }
        }
    }

    /// Gives what `word` reads as with letters for its digits and signs, if that is a word.
    fn unleet(&mut self, word: &str) -> ControlFlow<()> {
        for one in ['l', 'i'] {
            self.token.clear();
            if skeleton::unleet(word, one, self.token) {
                (self.sink)(Token::Skeleton(self.token))?;
            }
            if !word.contains('1') {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Gives the word at byte `at` that has signs among its letters, as in `c@$h`.
    fn signs_for_letters(&mut self, at: usize, stop: usize) -> ControlFlow<()> {
        let run = &self.lower.as_bytes()[at..stop];
        let len = run.iter().take_while(|b| b.is_ascii_alphanumeric() || b"@$!".contains(b)).count();
        let word = self.lower[at..at + len].trim_end_matches(['@', '$', '!']);
        if word.len() <= SIGNED_WORD_BYTES { self.unleet(word) } else { ControlFlow::Continue(()) }
    }

    fn punctuation(&mut self, at: usize, stop: usize) -> Step {
        let bytes = self.text.as_bytes();
        let b = bytes[at];
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        let found = match b {
            b'$' => number::money(self.lower, at + 1, "usd"),
            b'+' | b'(' if next.is_ascii_digit() => number::number(self.lower, at),
            _ => None,
        };
        if let Some((numeric, end)) = found {
            self.numeric(numeric)?;
            return ControlFlow::Continue(end);
        }
        let count = bytes[at..stop].iter().take_while(|&&other| other == b).count();
        self.run_of(&self.text[at..=at], count)?;
        ControlFlow::Continue(at + count)
    }

    /// Takes what begins with a character beyond ASCII.
    fn beyond_ascii(&mut self, at: usize, stop: usize) -> Step {
        let text = self.text;
        let rest = &text[at..stop];
        let Some(c) = rest.chars().next() else { return ControlFlow::Continue(stop) };
        let after = at + c.len_utf8();
        if is_unsegmented(c) {
            return self.unsegmented(at, stop);
        }
        if is_alphanumeric(c) {
            return match self.set_apart(at)? {
                Some(end) => ControlFlow::Continue(end),
                None => self.words(at, stop),
            };
        }
        if is_pictograph(c) {
            let limit = floor_char_boundary(text, stop.min(at + EMOJI_BYTES));
            let whole = text[at..limit].graphemes(true).next().unwrap_or(&text[at..after]);
            (self.sink)(Token::Emoji(whole.trim_end_matches('\u{200D}')))?;
            return ControlFlow::Continue(at + whole.len());
        }
        let price =
            number::currency_before(&text[at..after]).and_then(|code| number::money(self.lower, after, code));
        if let Some((numeric, end)) = price {
            self.numeric(numeric)?;
            return ControlFlow::Continue(end);
        }
        let count = rest.chars().take_while(|&other| other == c).count();
        self.run_of(&text[at..after], count)?;
        ControlFlow::Continue(at + count * c.len_utf8())
    }

    /// Takes what UAX #29 says is one word, at byte `at`.
    fn words(&mut self, at: usize, stop: usize) -> Step {
        let text = &self.text[at..stop];
        let whole = text.split_word_bounds().next().unwrap_or(text);
        let whole = &whole[..hangul_boundary(whole)];
        let mut from = 0;
        while from < whole.len() {
            let len = whole[from..].find(['.', ':', ';', '_', ',']).unwrap_or(whole.len() - from);
            self.word(at + from, at + from + len)?;
            from += len + 1;
        }
        ControlFlow::Continue(at + whole.len())
    }

    /// Gives the word at bytes `at..end`, with what it looks like.
    fn word(&mut self, at: usize, end: usize) -> ControlFlow<()> {
        let word = &self.text[at..end];
        if word.is_ascii() {
            let mask = word.bytes().fold(0, |mask, b| mask | class(b));
            return if word.is_empty() { ControlFlow::Continue(()) } else { self.ascii_word(at, end, mask) };
        }
        let chars = word.chars().count();
        if chars > limits::WORD_BYTES {
            return self.random("long", chars);
        }
        self.token.clear();
        fold::fold_case(word, self.token);
        (self.sink)(Token::Word(self.token))?;
        let is_caps = word.chars().filter(|c| c.is_uppercase()).nth(1).is_some()
            && !word.chars().any(char::is_lowercase);
        if is_caps {
            (self.sink)(Token::Caps(self.token))?;
        }
        if self.token.is_ascii() {
            return ControlFlow::Continue(());
        }
        self.token.clear();
        let reading = skeleton::read(word, self.token);
        self.facts.mixed_script += u32::from(reading.mixed);
        if reading.found { (self.sink)(Token::Skeleton(self.token)) } else { ControlFlow::Continue(()) }
    }

    /// Takes the run of a script without spaces at byte `at`.
    fn unsegmented(&mut self, at: usize, stop: usize) -> Step {
        let text = self.text;
        let mut previous = None;
        let mut start = at; // of the last character, with the marks on it
        let mut end = at;
        for c in text[at..stop].chars().take_while(|&c| is_unsegmented(c)) {
            let is_mark = (c < '\u{2000}' || matches!(c, '\u{3099}' | '\u{309A}')) && is_combining_mark(c);
            if end > at && (!is_mark || end - start > CLUSTER_BYTES) {
                self.bigram(previous, end)?;
                previous = Some(start);
                start = end;
            }
            end += c.len_utf8();
        }
        let is_alone = previous.is_none();
        if is_alone && let Some(end) = self.characters_apart(at, end)? {
            return ControlFlow::Continue(end);
        }
        self.bigram(previous, end)?;
        if !self.over_line_end(start, end)? && is_alone {
            (self.sink)(Token::Unigram(&text[at..end]))?;
        }
        ControlFlow::Continue(end)
    }

    fn bigram(&mut self, from: Option<usize>, end: usize) -> ControlFlow<()> {
        match from {
            Some(from) => (self.sink)(Token::Bigram(&self.text[from..end])),
            None => ControlFlow::Continue(()),
        }
    }

    /// Gives the bigram over the end of a line, if there is one: text without spaces is broken
    /// anywhere.
    fn over_line_end(&mut self, start: usize, end: usize) -> ControlFlow<(), bool> {
        let after = &self.text[end..];
        let line = after.strip_prefix('\n').or_else(|| after.strip_prefix("\r\n"));
        let next = line.and_then(|line| line.chars().next()).filter(|&c| is_unsegmented(c));
        if let Some(next) = next {
            self.token.clear();
            self.token.push_str(&self.text[start..end]);
            self.token.push(next);
            (self.sink)(Token::Bigram(self.token))?;
        }
        ControlFlow::Continue(next.is_some())
    }

    /// Takes single characters of a script without spaces that are set apart, of which the first
    /// is at bytes `at..end`, as if nothing were between them.
    fn characters_apart(&mut self, at: usize, mut end: usize) -> ControlFlow<(), Option<usize>> {
        let mut last = &self.text[at..end];
        let mut count = 1;
        while let Some((len, _)) = gap(&self.text[end..], 8) {
            let mut chars = self.text[end + len..].chars();
            let Some(c) = chars.next().filter(|&c| is_unsegmented(c)) else { break };
            if chars.next().is_some_and(is_unsegmented) {
                break;
            }
            let from = end + len;
            end = from + c.len_utf8();
            self.token.clear();
            self.token.push_str(last);
            last = &self.text[from..end];
            self.token.push_str(last);
            count += 1;
            (self.sink)(Token::Bigram(self.token))?;
        }
        self.facts.spaced_out += u32::from(count > 1);
        ControlFlow::Continue((count > 1).then_some(end))
    }

    /// Takes a word whose letters are set apart, if one begins with the letter at byte `at`.
    fn set_apart(&mut self, at: usize) -> ControlFlow<(), Option<usize>> {
        let mut count = 0;
        let mut end = at;
        let mut from = at;
        let mut kind = None;
        self.token.clear();
        while let Some(len) = lone_letter(&self.text[from..]) {
            fold::fold_case(&self.text[from..from + len], self.token);
            count += 1;
            end = from + len;
            match gap(&self.text[end..], 1) {
                Some((len, of))
                    if kind.is_none_or(|kind| kind == of) && self.token.len() < limits::WORD_BYTES =>
                {
                    kind = Some(of);
                    from = end + len;
                }
                _ => break,
            }
        }
        if count < 3 {
            return ControlFlow::Continue(None);
        }
        self.facts.spaced_out += 1;
        (self.sink)(Token::Joined(self.token))?;
        ControlFlow::Continue(Some(end))
    }

    fn numeric(&mut self, numeric: Numeric) -> ControlFlow<()> {
        self.token.clear();
        numeric.write(self.token);
        (self.sink)(match numeric {
            Numeric::Money { .. } => Token::Money(self.token),
            Numeric::Phone { .. } => Token::Phone(self.token),
            Numeric::Named(_) | Numeric::Count { .. } => Token::Number(self.token),
        })
    }

    fn random(&mut self, kind: &str, len: usize) -> ControlFlow<()> {
        self.token.clear();
        self.token.push_str(kind);
        self.token.push(':');
        push_length(len, self.token);
        (self.sink)(Token::Random(self.token))
    }

    fn run_of(&mut self, mark: &str, count: usize) -> ControlFlow<()> {
        if count < 2 {
            return ControlFlow::Continue(());
        }
        self.token.clear();
        self.token.push_str(mark);
        push_number(if count < 4 { count } else { 1 << count.ilog2().min(3) }, self.token);
        (self.sink)(Token::Punct(self.token))
    }
}

/// Bytes of the longest word in which signs may stand for letters.
const SIGNED_WORD_BYTES: usize = 12;

/// Bytes of the longest emoji; families of four with skin tones have 41.
const EMOJI_BYTES: usize = 64;

/// Bytes of marks on one character of Thai and its like, beyond which they make characters of
/// their own.
const CLUSTER_BYTES: usize = 24;

/// Whether a word of ASCII goes on with `rest`, so that UAX #29 must decide where it ends.
fn continues(rest: &str) -> bool {
    let rest = rest.strip_prefix('\'').unwrap_or(rest);
    rest.chars().next().is_some_and(|c| {
        !c.is_ascii()
            && !is_unsegmented(c)
            && Script::of(c) != Some(Script::Hangul)
            && (is_alphanumeric(c) || is_combining_mark(c))
    })
}

/// Where Hangul meets letters and digits of ASCII for the first time in `word`, or its end.
fn hangul_boundary(word: &str) -> usize {
    let is_hangul = |c: char| Script::of(c) == Some(Script::Hangul);
    let pairs = word.char_indices().zip(word.chars().skip(1));
    pairs
        .filter(|&((_, a), b)| {
            is_hangul(a) && b.is_ascii_alphanumeric() || a.is_ascii_alphanumeric() && is_hangul(b)
        })
        .map(|((i, a), _)| i + a.len_utf8())
        .next()
        .unwrap_or(word.len())
}

/// Whether a sign that may stand for a letter is at byte `at`, with a letter after it.
fn is_sign(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 2), Some([b'@' | b'$' | b'!', after]) if after.is_ascii_alphanumeric())
}

/// The length of the letter that `text` begins with, if it is a word of its own in a script with
/// spaces.
fn lone_letter(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let letter = chars.next().filter(|&c| Script::of(c).is_some() && !is_unsegmented(c))?;
    let goes_on = |c: char| is_alphanumeric(c) || is_combining_mark(c);
    let next = chars.next();
    let inside = next.is_some_and(goes_on) || next == Some('\'') && chars.next().is_some_and(goes_on);
    (!inside).then_some(letter.len_utf8())
}

/// What sets the letters of a word apart: up to `spaces` spaces, a sign or two, or a sign with a
/// space on either side. Gives the length in bytes and how many of both there are.
fn gap(text: &str, spaces: usize) -> Option<(usize, (usize, usize))> {
    let is_sign = |c: char| ".-*_/\\|~+^=#·•".contains(c) || is_pictograph(c);
    let between = text.chars().take(spaces.max(3) + 1).take_while(|&c| c == ' ' || is_sign(c));
    let (mut len, mut blank, mut signs) = (0, 0, 0);
    for c in between {
        len += c.len_utf8();
        blank += usize::from(c == ' ');
        signs += usize::from(c != ' ');
    }
    let fits = match signs {
        0 => (1..=spaces).contains(&blank),
        1 => matches!(blank, 0 | 2),
        2 => blank == 0,
        _ => false,
    };
    fits.then_some((len, (blank, signs)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Stir;
    use super::*;

    #[test]
    fn ascii_words_are_those_of_uax_29() {
        let pieces = ["a", "B", "7", "'", ".", ",", ":", ";", "_", " ", "-", "x", "0"];
        let mut stir = Stir(1);
        for _ in 0..20_000 {
            let text = stir.text(&pieces, 12);
            let expected: Vec<&str> = text.unicode_words().flat_map(tailored).collect();
            let bytes = text.as_bytes();
            let mut words = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                let end = ascii_word_end(bytes, at).0.max(at + 1);
                words.extend(bytes[at].is_ascii_alphanumeric().then(|| &text[at..end]));
                at = end;
            }
            assert_eq!(words, expected, "{text:?}");
        }
    }

    /// The parts of a word by the tailoring that the module's documentation states.
    fn tailored(word: &str) -> impl Iterator<Item = &str> {
        let cuts = word.match_indices(['.', ':', ';', '_']).map(|(i, _)| i).filter(|&i| {
            let is_digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
            let around = |i: usize| {
                is_digit(i.checked_sub(1).and_then(|i| word.as_bytes().get(i)))
                    && is_digit(word.as_bytes().get(i + 1))
            };
            !(word.as_bytes()[i] == b'.' && around(i))
        });
        let mut from = 0;
        cuts.chain([word.len()])
            .map(move |i| {
                let part = &word[from..i];
                from = i + 1;
                part
            })
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .into_iter()
    }
}
