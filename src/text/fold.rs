//! Folding: making different spellings of the same text the same.

use std::iter;

use super::TextFacts;
use super::normal::{Normalizer, is_combining_mark, is_normal};
use super::script::{is_alphanumeric, is_pictograph};

/// Appends the folded form of `text` to `out`: what every word that the
/// [`Tokenizer`](super::Tokenizer) gives has gone through.
///
/// - Compatibility forms become plain ([NFKC](https://www.unicode.org/reports/tr15/)): full-width,
///   mathematical, circled and superscript letters, ligatures. Small capitals and letters in
///   squares, which NFKC leaves alone, do too; so do digits of other scripts.
/// - Case is folded as Unicode's `CaseFolding.txt` does (ß is ss, ς is σ), except that the dotted
///   and the dotless i of Turkish are both `i`: which of them a capital stands for depends on the
///   language, and mail does not say.
/// - Invisible characters go: zero-width ones, soft hyphens, bidirectional controls, variation
///   selectors, and control characters; so do overstrikes and piles of more than two marks
///   ("zalgo"). Other diacritics stay.
/// - Typographic quotes and dashes become those of ASCII, every space becomes U+0020.
///
/// Folding twice is folding once.
///
/// ```
/// let mut out = String::new();
/// tamis::text::fold("𝓕𝓻𝓮𝓮 Ｓｔｒａßｅ don’t vi\u{200B}agra", &mut out);
/// assert_eq!(out, "free strasse don't viagra");
/// ```
pub fn fold(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.bytes().filter_map(plain_ascii).map(|b| char::from(b.to_ascii_lowercase())));
        return;
    }
    let mut normal = String::with_capacity(text.len());
    normalise(text, &mut normal, &mut TextFacts::default());
    normal.retain(|c| !c.is_control() || c.is_ascii_whitespace());
    fold_case(&normal, out);
}

/// White space as U+0020, other control characters not at all.
fn plain_ascii(b: u8) -> Option<u8> {
    match b {
        b'\t'..=b'\r' => Some(b' '),
        _ if b.is_ascii_control() => None,
        _ => Some(b),
    }
}

/// Appends `text` with its case folded. It should be [`normalise`]d.
pub(super) fn fold_case(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\t'..='\r' => out.push(' '),
            '\0'..='\x7F' => out.push(c.to_ascii_lowercase()),
            'ß' | 'ẞ' => out.push_str("ss"),
            'ς' => out.push('σ'),
            'ı' | 'İ' => out.push('i'),
            '\u{307}' if out.ends_with('i') => {}
            // The small form of some capitals (Ʀ) is a small capital.
            _ => out.extend(c.to_lowercase().map(|c| plain_letter(c).unwrap_or(c))),
        }
    }
}

/// `text` in lower case, character by character: sigma is σ everywhere.
pub(crate) fn lowercase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Appends `text` to `out` with everything folded but its case, and counts what is odd about it.
///
/// ASCII characters are copied as they are; all white space beyond ASCII becomes a space or `'\n'`.
pub(super) fn normalise(text: &str, out: &mut String, facts: &mut TextFacts) {
    let mut normalizer = Normalizer::default();
    let mut marks = 0; // in a row, up to here
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii() {
            let end = rest.bytes().position(|b| !b.is_ascii()).unwrap_or(rest.len());
            let (ascii, after) = rest.split_at(end);
            out.push_str(ascii);
            rest = after;
            marks = 0;
            continue;
        }
        let after = &rest[c.len_utf8()..];
        match c {
            // Most of what is not ASCII, and all of it normal.
            '\u{4E00}'..='\u{9FFF}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{410}'..='\u{44F}'
            | '\u{C0}'..='\u{FF}' => {
                marks = 0;
                facts.letter(c);
                out.push(c);
            }
            '\u{FF01}'..='\u{FF5E}' => {
                marks = 0;
                let plain = char::from((c as u32 - 0xFF01) as u8 + b'!');
                facts.folded(plain);
                out.push(plain);
            }
            // A full stop that is as good as a dot within a host name (RFC 3490, section 3.1).
            '。' | '｡' | '︒' if between_alphanumerics(out, after) => out.push('.'),
            _ => match Odd::of(c, out) {
                Some(odd) => odd.apply(out, facts),
                None if is_normal(c) => {
                    facts.letter(c);
                    push(c, out, &mut marks, facts);
                }
                None => {
                    rest = compose(rest, &mut normalizer, out, &mut marks, facts);
                    continue;
                }
            },
        }
        rest = after;
    }
}

/// What is not text, or only looks like something else.
enum Odd {
    ZeroWidth,
    Bidi,
    Joiner,
    Control,
    PrivateUse,
    Dropped,
    Written(char),
}

impl Odd {
    fn of(c: char, before: &str) -> Option<Odd> {
        Some(match c {
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{2032}' | '\u{B4}' => Odd::Written('\''),
            '\u{201C}'..='\u{201F}' | '\u{2033}' => Odd::Written('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => Odd::Written('-'),
            '\u{85}' | '\u{2028}' | '\u{2029}' => Odd::Written('\n'),
            // NFKC would glue letters to the word before, or marks to a space.
            '™' | '℠' | '\u{A8}' | '\u{AF}' | '\u{B8}' => Odd::Written(' '),
            '\u{80}'..='\u{9F}' => Odd::Control,
            '\u{200C}' | '\u{200D}' if joins(c, before) => Odd::Joiner,
            '\u{200C}' | '\u{200D}' if is_orthographic_joiner(before) => Odd::Dropped,
            '\u{AD}'
            | '\u{34F}'
            | '\u{200B}'..='\u{200D}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' => Odd::ZeroWidth,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                Odd::Bidi
            }
            // Variation selectors, tags of flags, the keycap; tatweel, which only stretches a word.
            '\u{FE00}'..='\u{FE0F}' | '\u{20E3}' | '\u{640}' => Odd::Dropped,
            '\u{E0000}'..='\u{E0FFF}' if before.chars().next_back().is_some_and(is_pictograph) => {
                Odd::Dropped
            }
            '\u{E0000}'..='\u{E0FFF}' => Odd::ZeroWidth,
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => Odd::PrivateUse,
            _ if c.is_whitespace() => Odd::Written(' '),
            _ => return None,
        })
    }

    fn apply(self, out: &mut String, facts: &mut TextFacts) {
        match self {
            Odd::ZeroWidth => facts.zero_width += 1,
            Odd::Bidi => facts.bidi += 1,
            Odd::Joiner => out.push('\u{200D}'),
            Odd::Control => {
                facts.control += 1;
                out.push(' ');
            }
            Odd::PrivateUse => {
                facts.private_use += 1;
                out.push(' ');
            }
            Odd::Dropped => {}
            Odd::Written(c) => out.push(c),
        }
    }
}

/// Whether a joiner makes one emoji of what is around it.
fn joins(c: char, before: &str) -> bool {
    c == '\u{200D}' && before.chars().next_back().is_some_and(is_pictograph)
}

/// Whether the joiner after `before` is spelling, as in Persian and in the scripts of India.
fn is_orthographic_joiner(before: &str) -> bool {
    before.chars().next_back().is_some_and(|c| matches!(c, '\u{600}'..='\u{DFF}' | '\u{1000}'..='\u{18AF}'))
}

fn between_alphanumerics(before: &str, after: &str) -> bool {
    before.bytes().next_back().is_some_and(|b| b.is_ascii_alphanumeric())
        && after.chars().next().is_some_and(|c| {
            c.is_ascii_alphanumeric() || matches!(c, 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '０'..='９')
        })
}

/// Normalises from the start of `rest` up to the first character that is [normal](is_normal), and
/// gives what follows.
fn compose<'t>(
    rest: &'t str,
    normalizer: &mut Normalizer,
    out: &mut String,
    marks: &mut usize,
    facts: &mut TextFacts,
) -> &'t str {
    let end = rest
        .char_indices()
        .find(|&(_, c)| c.is_ascii() || is_normal(c) || Odd::of(c, "").is_some())
        .map_or(rest.len(), |(i, _)| i);
    let (run, after) = rest.split_at(end);
    let composes =
        run.chars().next().is_some_and(|c| is_combining_mark(c) || ('\u{1161}'..='\u{11FF}').contains(&c));
    // A mark may become one with the character that was written before it.
    let base = if composes { out.pop() } else { None };
    for c in run.chars() {
        facts.folded(normalizer.nfkc(iter::once(c)).next().unwrap_or(c));
    }
    for c in normalizer.nfkc(base.into_iter().chain(run.chars())) {
        match Odd::of(c, out) {
            Some(odd) => odd.apply(out, facts),
            None => push(c, out, marks, facts),
        }
    }
    after
}

/// Writes one normalised character, without marks that are only there to disfigure.
fn push(c: char, out: &mut String, marks: &mut usize, facts: &mut TextFacts) {
    if is_shared_mark(c) {
        *marks += 1;
        let orphan = !out.chars().next_back().is_some_and(|c| is_alphanumeric(c) || is_combining_mark(c));
        if *marks > MARKS || is_overstrike(c) || orphan {
            facts.combining += 1;
            return;
        }
    } else {
        *marks = 0;
    }
    out.push(if c.is_ascii() { c } else { plain_letter(c).or_else(|| plain_digit(c)).unwrap_or(c) });
}

/// Marks on one letter that are kept: Vietnamese and the transcriptions of Sanskrit have two.
const MARKS: usize = 2;

/// Whether `c` is a mark that letters of every script share, as the scripts' own vowels are not.
fn is_shared_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Whether `c` only strikes through, underlines or encloses a letter, and spells nothing.
fn is_overstrike(c: char) -> bool {
    matches!(c, '\u{305}' | '\u{332}'..='\u{338}' | '\u{33F}' | '\u{20D0}'..='\u{20FF}')
}

/// The ASCII letter that a small capital, or a white letter in a black box, stands for.
pub(super) fn plain_letter(c: char) -> Option<char> {
    let letter = |first: char| char::from_digit(c as u32 - first as u32 + 10, 36);
    match c {
        '🅐'..='🅩' => letter('🅐').map(|c| c.to_ascii_uppercase()),
        '🅰'..='🆉' => letter('🅰').map(|c| c.to_ascii_uppercase()),
        '\u{1D00}'..='\u{1D22}' | '\u{250}'..='\u{2AF}' | '\u{A730}'..='\u{A731}' | 'ꞯ' => {
            SMALL_CAPITALS.iter().find(|&&(small, _)| small == c).map(|&(_, plain)| plain)
        }
        _ => None,
    }
}

const SMALL_CAPITALS: [(char, char); 25] = [
    ('ᴀ', 'a'),
    ('ʙ', 'b'),
    ('ᴄ', 'c'),
    ('ᴅ', 'd'),
    ('ᴇ', 'e'),
    ('ꜰ', 'f'),
    ('ɢ', 'g'),
    ('ʜ', 'h'),
    ('ɪ', 'i'),
    ('ᴊ', 'j'),
    ('ᴋ', 'k'),
    ('ʟ', 'l'),
    ('ᴍ', 'm'),
    ('ɴ', 'n'),
    ('ᴏ', 'o'),
    ('ᴘ', 'p'),
    ('ꞯ', 'q'),
    ('ʀ', 'r'),
    ('ꜱ', 's'),
    ('ᴛ', 't'),
    ('ᴜ', 'u'),
    ('ᴠ', 'v'),
    ('ᴡ', 'w'),
    ('ʏ', 'y'),
    ('ᴢ', 'z'),
];

/// The zeros of the decimal digits in scripts that mail is written in.
const ZEROS: [char; 15] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}', '\u{C66}',
    '\u{CE6}', '\u{D66}', '\u{E50}', '\u{ED0}', '\u{1040}', '\u{17E0}',
];

/// The ASCII digit for a decimal digit of another script.
fn plain_digit(c: char) -> Option<char> {
    let &zero = ZEROS.iter().rfind(|&&zero| zero <= c)?;
    char::from_digit(c as u32 - zero as u32, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut out = String::new();
        fold(text, &mut out);
        out
    }

    #[test]
    fn spellings_fold_together() {
        for (text, expected) in [
            ("FREE", "free"),
            ("ＦＲＥＥ　１００", "free 100"),
            ("𝓯𝓻𝓮𝓮 ⓕⓡⓔⓔ 🅵🆁🅴🅴 🅕🅡🅔🅔 ꜰʀᴇᴇ ᶠʳᵉᵉ", "free free free free free free"),
            ("Straße STRASSE STRAẞE", "strasse strasse strasse"),
            ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
            ("İSTANBUL Istanbul ıstanbul", "istanbul istanbul istanbul"),
            ("Cafe\u{301} café CAFÉ", "café café café"),
            ("vi\u{AD}ag\u{200B}ra\u{FEFF}", "viagra"),
            ("\u{202E}eerf\u{202C}", "eerf"),
            ("f\u{336}r\u{336}e\u{336}e\u{336}", "free"),
            ("a\u{300}\u{316}\u{317}\u{318}\u{319}", "à\u{316}\u{317}"),
            ("“don’t” – wait…", "\"don't\" - wait..."),
            ("ﬁne ㎏ ½", "fine kg 1⁄2"),
            ("٣٤ ३४ ๓๔", "34 34 34"),
            ("م\u{640}\u{640}رحبا ﻡﺮﺤﺑﺍ", "مرحبا مرحبا"),
            ("می\u{200C}خواهم", "میخواهم"),
            ("か\u{3099} ｶﾞ", "が ガ"),
            ("\u{1112}\u{1161}\u{11AB}", "한"),
            ("www。163。com", "www.163.com"),
            ("好。好", "好。好"),
            ("發票 发票", "發票 发票"),
            ("1\u{FE0F}\u{20E3}", "1"),
            ("Brand™", "brand "),
            ("a\0b\x1Bc\td", "abc d"),
            ("é\0\u{9F}\r\n", "é   "),
        ] {
            assert_eq!(folded(text), expected, "{text:?}");
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            let once = folded(&format!("x{c}y"));
            assert_eq!(folded(&once), once, "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn what_is_odd_is_counted() {
        let mut facts = TextFacts::default();
        let text = "\u{200B}a\u{AD}b\u{202E}c\u{FFFD}\u{E000}\u{81}e\u{336}ｆ𝓯";
        normalise(text, &mut String::new(), &mut facts);
        assert_eq!((facts.zero_width, facts.bidi, facts.replacement), (2, 1, 1));
        assert_eq!((facts.private_use, facts.control, facts.combining, facts.compatibility), (1, 1, 1, 2));
    }

    #[test]
    fn joiners_that_spell_are_not_odd() {
        let mut facts = TextFacts::default();
        let mut out = String::new();
        normalise("می\u{200C}خواهم क्\u{200D}ष 👩\u{200D}💻", &mut out, &mut facts);
        assert_eq!(facts.zero_width, 0);
        assert!(out.ends_with("👩\u{200D}💻"));
    }
}
