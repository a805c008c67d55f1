//! Words and other tokens of text.
//!
//! A [`Tokenizer`] takes decoded text (a subject, a body, a display name) and pushes [`Token`]s to
//! its caller. Text is [folded](fold()) first, so that the ways to write a word become one; what had
//! to be folded is counted in the [`TextFacts`]. Addresses and numbers are then recognised as such,
//! and the rest is broken into words by [UAX #29](https://www.unicode.org/reports/tr29/), tailored in
//! these ways:
//!
//! - full stops, colons, semicolons and underscores always part words (mail is full of missing
//!   spaces: `now.Click`), and so does the change between Hangul and Latin (a particle after a name);
//! - scripts without spaces between words (Han, Kana, Thai, …) give every two neighbouring
//!   characters, which needs no dictionary and no guess (J. Y. Nie and F. Ren, *Chinese information
//!   retrieval: using characters or words?*, 1999);
//! - letters with spaces or signs between them (`V I A G R A`) are put together.
//!
//! Time is linear in the text, and memory does not depend on it: text is taken in blocks of
//! 16 KiB, cut between lines where there are any.

mod fold;
mod link;
mod number;
mod script;
pub mod shape;
mod skeleton;
pub mod url;

use std::ops::ControlFlow;

use memchr::memrchr;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

pub use fold::fold;
pub use script::Script;

use crate::limits;
use link::LinkKind;
use number::Numeric;
use script::{is_pictograph, is_unsegmented};
use shape::{push_length, push_number};

/// One piece of text. The string is borrowed until the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    /// A word of a script with spaces between words, [folded](fold()).
    Word(&'t str),
    /// The same word again if all its letters (two or more) are capitals. Whether that is shouting
    /// depends on the text around it: see [`TextFacts::upper`].
    Caps(&'t str),
    /// The Latin word that the word before looks like, if its letters come from several scripts or
    /// digits stand for letters: `paypal` for `pаypаl` with Cyrillic а, `viagra` for `v1agra`.
    /// A 1 may be an l or an i, and gives two of these.
    Skeleton(&'t str),
    /// A word whose letters were set apart, put together: `viagra` for `V.I.A.G.R.A`.
    Joined(&'t str),
    /// Two neighbouring characters of a script without spaces between words.
    Bigram(&'t str),
    /// A character of such a script without neighbours.
    Unigram(&'t str),
    /// A URL, or a host name with a well-known top-level domain, as written; [`url::parts`] reads it.
    Url(&'t str),
    /// An e-mail address, as written.
    Email(&'t str),
    /// An amount of money: the currency and the power of ten, `usd:1e3` for $2,500.
    Money(&'t str),
    /// A telephone number: how many digits, `+n:13` if it is international and else `n:11`.
    Phone(&'t str),
    /// A number: how many digits are before the decimal point, `n:4`, `n.n:4` with decimals, `n%:2`
    /// with a percent sign; or its kind: `date`, `time`, `year`, `ip`, `version`.
    Number(&'t str),
    /// A string that is not a word: its kind (`hex`, `alnum`, `base64`, `long`) and its length
    /// (`hex:32`), which is exact up to 40 and a power of two from there on.
    Random(&'t str),
    /// One emoji, with what modifies it, or one decorative sign.
    Emoji(&'t str),
    /// A run of the same punctuation mark: the mark and how many of it, `!2`, `!3`, `!4` (to 7) or
    /// `!8` (or more).
    Punct(&'t str),
}

impl<'t> Token<'t> {
    /// The name of the kind, in lower case (`"word"`, `"bigram"`, …).
    pub fn kind(self) -> &'static str {
        match self {
            Token::Word(_) => "word",
            Token::Caps(_) => "caps",
            Token::Skeleton(_) => "skeleton",
            Token::Joined(_) => "joined",
            Token::Bigram(_) => "bigram",
            Token::Unigram(_) => "unigram",
            Token::Url(_) => "url",
            Token::Email(_) => "email",
            Token::Money(_) => "money",
            Token::Phone(_) => "phone",
            Token::Number(_) => "number",
            Token::Random(_) => "random",
            Token::Emoji(_) => "emoji",
            Token::Punct(_) => "punct",
        }
    }

    /// The string, whatever the kind.
    pub fn text(self) -> &'t str {
        match self {
            Token::Word(t)
            | Token::Caps(t)
            | Token::Skeleton(t)
            | Token::Joined(t)
            | Token::Bigram(t)
            | Token::Unigram(t)
            | Token::Url(t)
            | Token::Email(t)
            | Token::Money(t)
            | Token::Phone(t)
            | Token::Number(t)
            | Token::Random(t)
            | Token::Emoji(t)
            | Token::Punct(t) => t,
        }
    }
}

/// What a text is made of, in characters unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFacts {
    /// All of them.
    pub chars: u32,
    /// Capital letters.
    pub upper: u32,
    /// Decimal digits.
    pub digits: u32,
    /// Letters of each script, in the order of [`Script::ALL`].
    pub scripts: [u32; Script::ALL.len()],
    /// Invisible characters, without the joiners that emoji and some scripts are spelled with.
    pub zero_width: u32,
    /// Controls of the direction of writing.
    pub bidi: u32,
    /// Control characters other than white space.
    pub control: u32,
    /// U+FFFD: bytes that could not be decoded.
    pub replacement: u32,
    /// Characters that have no meaning but in a private font.
    pub private_use: u32,
    /// Marks that strike letters through, or are heaped on them.
    pub combining: u32,
    /// Letters and digits of ASCII in disguise: full-width, mathematical, circled, ….
    pub compatibility: u32,
    /// Words that mix Latin, Greek and Cyrillic.
    pub mixed_script: u32,
    /// Words with their letters set apart.
    pub spaced_out: u32,
}

impl TextFacts {
    /// Letters of all scripts.
    pub fn letters(&self) -> u32 {
        self.scripts.iter().sum()
    }

    /// The script that most letters are of; the first of [`Script::ALL`] of those that are equal.
    pub fn dominant(&self) -> Option<Script> {
        let most = self.scripts.iter().max().filter(|&&n| n > 0)?;
        Script::ALL.into_iter().zip(&self.scripts).find(|(_, n)| n == &most).map(|(script, _)| script)
    }

    fn ascii(&mut self, text: &str) {
        let upper = count(text, |b| b.is_ascii_uppercase());
        self.chars += text.chars().count() as u32;
        self.upper += upper;
        self.digits += count(text, |b| b.is_ascii_digit());
        self.control += count(text, |b| b.is_ascii_control() && !(b'\t'..=b'\r').contains(&b));
        self.scripts[Script::Latin as usize] += upper + count(text, |b| b.is_ascii_lowercase());
    }

    fn letter(&mut self, c: char) {
        if let Some(script) = Script::of(c) {
            self.scripts[script as usize] += 1;
            self.upper += u32::from(c.is_uppercase());
        }
        self.replacement += u32::from(c == char::REPLACEMENT_CHARACTER);
    }

    fn folded(&mut self, plain: char) {
        self.letter(plain);
        self.digits += u32::from(plain.is_ascii_digit());
        self.compatibility += u32::from(plain.is_ascii_alphanumeric());
    }
}

/// Bytes of `text` that are `wanted`.
fn count(text: &str, wanted: impl Fn(u8) -> bool) -> u32 {
    text.bytes().map(|b| u32::from(wanted(b))).sum()
}

/// Makes [`Token`]s of text. It holds the buffers that this needs; use one for many texts.
///
/// ```
/// use std::ops::ControlFlow;
/// use tamis::text::Tokenizer;
///
/// let mut tokens = Vec::new();
/// let facts = Tokenizer::new().tokenize("FREE ｖiagra $99 发票", |token| {
///     tokens.push(format!("{}:{}", token.kind(), token.text()));
///     ControlFlow::Continue(())
/// });
/// assert_eq!(tokens.join(" "), "word:free caps:free word:viagra money:usd:1e1 bigram:发票");
/// assert_eq!(facts.compatibility, 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tokenizer {
    /// A block of text, normalised.
    normal: String,
    /// The same with the letters of ASCII in lower case, byte for byte.
    lower: String,
    /// A token that is not a slice of either.
    token: String,
}

impl Tokenizer {
    /// A tokenizer with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pushes the tokens of `text` to `sink`, in their order, until it breaks off. The facts are
    /// about the blocks of text that were looked at.
    pub fn tokenize(&mut self, text: &str, mut sink: impl FnMut(Token<'_>) -> ControlFlow<()>) -> TextFacts {
        let mut facts = TextFacts::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (block, after) = rest.split_at(block_end(rest));
            rest = after;
            facts.ascii(block);
            let normal = if block.is_ascii() {
                block
            } else {
                self.normal.clear();
                fold::normalise(block, &mut self.normal, &mut facts);
                &self.normal
            };
            self.lower.clear();
            self.lower.push_str(normal);
            self.lower.make_ascii_lowercase();
            let mut scan = Scan {
                text: normal,
                lower: &self.lower,
                token: &mut self.token,
                facts: &mut facts,
                sink: &mut sink,
            };
            if scan.block().is_break() {
                break;
            }
        }
        facts
    }
}

/// Bytes that are normalised and broken into tokens at a time: they stay in the cache.
const BLOCK: usize = 16 << 10;

/// Where to cut a block off `text`: after a line, else after a word, else after a character.
fn block_end(text: &str) -> usize {
    if text.len() <= BLOCK {
        return text.len();
    }
    let limit = (0..=BLOCK).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(BLOCK);
    let head = &text.as_bytes()[..limit];
    memrchr(b'\n', head).or_else(|| memrchr(b' ', head)).map_or(limit, |i| i + 1)
}

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

/// One block of text, and where its tokens go.
struct Scan<'a, F> {
    text: &'a str,
    lower: &'a str,
    token: &'a mut String,
    facts: &'a mut TextFacts,
    sink: &'a mut F,
}

/// The byte offset at which to go on, unless the sink has enough.
type Step = ControlFlow<(), usize>;

impl<F: FnMut(Token<'_>) -> ControlFlow<()>> Scan<'_, F> {
    fn block(&mut self) -> ControlFlow<()> {
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
        if end - at <= 3 && mask & DIGIT == 0 {
            if end - at == 1
                && let Some(end) = self.set_apart(at)?
            {
                return ControlFlow::Continue(end);
            }
            if let Some((numeric, end)) = self.price(at, end) {
                self.numeric(numeric)?;
                return ControlFlow::Continue(end);
            }
        }
        self.ascii_word(at, end, mask)?;
        if is_sign(bytes, end) && !(at > 0 && is_sign(bytes, at - 1)) {
            self.signs_for_letters(at, stop)?;
        }
        ControlFlow::Continue(end)
    }

    /// The amount that the currency code at bytes `at..end` is for.
    fn price(&self, at: usize, end: usize) -> Option<(Numeric, usize)> {
        let after = self.lower.as_bytes().get(end..)?;
        let sign = usize::from(after.first() == Some(&b'$'));
        if !after.iter().skip(sign).take(3).any(u8::is_ascii_digit) {
            return None;
        }
        number::money(self.lower, end + sign, number::currency_before(&self.lower[at..end])?)
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
        if b == b'$' && next.is_ascii_alphabetic() && !(at > 0 && bytes[at - 1].is_ascii_alphanumeric()) {
            self.signs_for_letters(at, stop)?;
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
        if c.is_alphanumeric() {
            return match self.set_apart(at)? {
                Some(end) => ControlFlow::Continue(end),
                None => self.words(at, stop),
            };
        }
        if is_pictograph(c) {
            let whole =
                rest.graphemes(true).next().filter(|g| g.len() <= EMOJI_BYTES).unwrap_or(&text[at..after]);
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
        match previous {
            Some(_) => self.bigram(previous, end)?,
            None => match self.characters_apart(at, end)? {
                Some(end) => return ControlFlow::Continue(end),
                None => (self.sink)(Token::Unigram(&text[at..end]))?,
            },
        }
        self.over_line_end(start, end)?;
        ControlFlow::Continue(end)
    }

    fn bigram(&mut self, from: Option<usize>, end: usize) -> ControlFlow<()> {
        match from {
            Some(from) => (self.sink)(Token::Bigram(&self.text[from..end])),
            None => ControlFlow::Continue(()),
        }
    }

    /// Gives the bigram over the end of a line: text without spaces is broken anywhere.
    fn over_line_end(&mut self, start: usize, end: usize) -> ControlFlow<()> {
        let after = &self.text[end..];
        let next = after
            .strip_prefix('\n')
            .or_else(|| after.strip_prefix("\r\n"))
            .and_then(|line| line.chars().next());
        match next.filter(|&c| is_unsegmented(c)) {
            Some(next) => {
                self.token.clear();
                self.token.push_str(&self.text[start..end]);
                self.token.push(next);
                (self.sink)(Token::Bigram(self.token))
            }
            None => ControlFlow::Continue(()),
        }
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
const SIGNED_WORD_BYTES: usize = 16;

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
            && (c.is_alphanumeric() || is_combining_mark(c))
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
    let letter = chars.next().filter(|&c| c.is_alphabetic() && !is_unsegmented(c))?;
    let goes_on = |c: char| c.is_alphanumeric() || is_combining_mark(c);
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
