//! Seeing through letters that only look like others.

use std::sync::LazyLock;

use super::fold::{fold_case, plain_letter};
use super::normal::{decompose, is_combining_mark};
use super::packed::Packed;
use super::script::Script;

/// What a word reads as to the eye.
pub(super) struct Reading {
    /// Whether the word mixes Latin, Greek and Cyrillic letters.
    pub mixed: bool,
    /// Whether a Latin word was found behind the letters and written to the buffer.
    pub found: bool,
}

/// Appends to `out` the Latin word that `word` looks like, in lower case, if it is not written in the
/// letters of one script, or wholly in letters that look Latin.
///
/// Each letter beyond ASCII is replaced by its prototype in the confusables table of
/// [UTS #39](https://www.unicode.org/reports/tr39/#Confusable_Detection), and marks are left out.
/// Letters of ASCII stay as they are, while that table would make `rn` of `m`. `word` is normalised, but in its
/// original case, as И and и do not look alike in the same way.
pub(super) fn read(word: &str, out: &mut String) -> Reading {
    let (mut latin, mut lookalike, mut others) = (0, 0, 0);
    for c in word.chars() {
        match Script::of(c) {
            Some(Script::Latin) => latin += 1,
            Some(Script::Greek | Script::Cyrillic | Script::Other) => lookalike += 1,
            Some(_) => others += 1,
            None => {}
        }
    }
    let mixed = latin > 0 && lookalike > 0 && others == 0 && latin + lookalike >= 3;
    // A word of 3 letters in one script is too likely to be a word.
    let candidate = mixed || others == 0 && (lookalike >= 4 || latin >= 3 && !word.is_ascii());
    let start = out.len();
    let found = candidate && word.chars().all(|c| prototype(c, out) || mixed) && out[start..] != *word;
    if !found {
        out.truncate(start);
    }
    Reading { mixed, found }
}

/// Appends what `c` looks like, and says whether that is ASCII. In a word that is not mixed, accents
/// are spelling, and an accented letter has no reading.
fn prototype(c: char, out: &mut String) -> bool {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return true;
    }
    let is_upper = c.is_uppercase();
    let mut plain = true;
    decompose(c, |c| {
        for &p in PROTOTYPES.of(c).unwrap_or(&[c]) {
            match plain_letter(p).unwrap_or(p) {
                p if is_combining_mark(p) => plain = false,
                // The prototype of capital i is a small L.
                'l' if is_upper => out.push('i'),
                p => {
                    plain &= p.is_ascii();
                    fold_case(p.encode_utf8(&mut [0; 4]), out);
                }
            }
        }
    });
    plain
}

/// Confusables of UTS #39 that are letters of the scripts that have readings, or can be inside their words,
/// and no marks: runs of characters with prototypes of the same length, and the prototypes.
static CONFUSABLES: &[u8] = include_bytes!("tables/confusables.bin");

static PROTOTYPES: LazyLock<Prototypes> = LazyLock::new(Prototypes::unpack);

struct Prototypes {
    /// Characters in order, and where their prototypes begin and end.
    places: Vec<(char, u16, u16)>,
    chars: Vec<char>,
}

impl Prototypes {
    fn unpack() -> Prototypes {
        let mut packed = Packed(CONFUSABLES);
        let lengths = packed.values();
        let mut end = 0;
        let places = lengths.iter().map(|&(c, len)| {
            let start = end;
            end += u16::from(len);
            (c, start, end)
        });
        Prototypes { places: places.collect(), chars: packed.texts(&lengths, u8::MAX) }
    }

    /// The prototype of a character that does not decompose, without its marks but for one at its end that
    /// says that there were some; `None` if that is the character.
    fn of(&self, c: char) -> Option<&[char]> {
        let (_, start, end) = self.places[self.places.binary_search_by_key(&c, |&(c, ..)| c).ok()?];
        Some(&self.chars[usize::from(start)..usize::from(end)])
    }
}

/// Appends `word` with the digits and signs that stand for letters replaced; `one` is what `1` stands
/// for. Says whether it was: not if the word is short (`mp3`), ends as one of a series (`perl5`),
/// begins as a quantity (`10mg`), may be
/// a colour (`ffcc0a`), or has a number of several digits (`e1000e`).
pub(super) fn unleet(word: &str, one: char, out: &mut String) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let is_quantity = digits > 1 || digits == 1 && !word.starts_with(['0', '1']);
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit()) || word.starts_with("0x");
    let is_number = |w: &[u8]| w[0] != w[1] && w.iter().all(u8::is_ascii_digit);
    let has_number = word.as_bytes().windows(2).any(is_number);
    if word.len() < 4
        || !word.ends_with(|c: char| c.is_ascii_lowercase())
        || is_quantity
        || is_hex
        || has_number
    {
        return false;
    }
    let (mut letters, mut signs) = (0, 0);
    let start = out.len();
    for b in word.bytes() {
        out.push(match b {
            b'a'..=b'z' | b'\'' => {
                letters += 1;
                char::from(b)
            }
            _ => {
                signs += 1;
                match b {
                    b'0' => 'o',
                    b'1' => one,
                    b'3' => 'e',
                    b'4' | b'@' => 'a',
                    b'5' | b'$' => 's',
                    b'7' => 't',
                    b'!' => 'i',
                    _ => {
                        out.truncate(start);
                        return false;
                    }
                }
            }
        });
    }
    let found = signs > 0 && letters >= 2 && letters >= signs;
    if !found {
        out.truncate(start);
    }
    found
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;
    use unicode_security::confusable_detection::skeleton as uts39;
    use unicode_segmentation::UnicodeSegmentation;

    use super::super::TextFacts;
    use super::super::fold::normalise;
    use super::super::packed::pack::{Packer, Texts, chars};
    use super::*;

    /// Whether a word that is looked at can have `c` in it.
    fn is_in_words(c: char) -> bool {
        let script = Script::of(c);
        let read = [Script::Latin, Script::Greek, Script::Cyrillic, Script::Other];
        script.is_none_or(|script| read.contains(&script))
            && [format!("xyz{c}"), format!("xyz{c}x"), format!("xy1{c}1x")].iter().any(|word| {
                let mut normal = String::new();
                normalise(word, &mut normal, &mut TextFacts::default());
                normal == *word && word.split_word_bounds().next() == Some(word)
            })
    }

    #[test]
    fn confusables_are_those_of_the_crate() {
        let mut texts = Texts::new();
        for c in chars().filter(|&c| is_in_words(c) && c.nfd().eq([c])) {
            let skeleton = uts39(c.encode_utf8(&mut [0; 4])).collect::<Vec<_>>();
            let letters = skeleton.iter().filter(|&&p| !is_combining_mark(p));
            let mut text: String = letters.map(|&p| plain_letter(p).unwrap_or(p)).collect();
            if text.is_ascii() && skeleton.iter().any(|&p| is_combining_mark(p)) {
                text.push('\u{300}');
            }
            let same = if is_combining_mark(c) { text == "\u{300}" } else { text.chars().eq([c]) };
            if !same {
                texts.insert(c, text);
            }
        }
        let mut packer = Packer::default();
        packer.runs(texts.iter().map(|(&c, text)| (c, text.chars().count() as u8)));
        packer.texts(texts.values().map(String::as_str));
        packer.check("confusables.bin");
    }

    /// What [`prototype`] is, by the crate.
    fn expected(c: char, out: &mut String) -> bool {
        let mut plain = true;
        for p in uts39(c.encode_utf8(&mut [0; 4])) {
            match plain_letter(p).unwrap_or(p) {
                p if is_combining_mark(p) => plain = false,
                'l' if c.is_uppercase() => out.push('i'),
                p => {
                    plain &= p.is_ascii();
                    fold_case(p.encode_utf8(&mut [0; 4]), out);
                }
            }
        }
        plain
    }

    #[test]
    fn every_character_in_words_reads_as_by_the_crate() {
        for c in chars().filter(|&c| !c.is_ascii() && is_in_words(c)) {
            let (mut ours, mut theirs) = (String::new(), String::new());
            assert_eq!(prototype(c, &mut ours), expected(c, &mut theirs), "{c:?}");
            assert_eq!(ours, theirs, "{c:?}");
        }
    }

    #[test]
    fn lookalikes() {
        for (word, expected) in [
            ("pаypаl", "paypal"),
            ("ВІТСОIN", "bitcoin"),
            ("Αmazοn", "amazon"),
            ("micrοsoft", "microsoft"),
            ("ассоunt", "account"),
            ("раураӏ", "paypal"),
            ("ɡoogle", "google"),
            ("привет", ""),
            ("почта", ""),
            ("нет", ""),
            ("café", ""),
            ("Straße", ""),
            ("Ελλάδα", ""),
            ("Đồng", ""),
            ("μm", ""),
            ("paypal", ""),
            ("한국", ""),
        ] {
            let mut out = String::new();
            assert_eq!(read(word, &mut out).found, !expected.is_empty(), "{word} -> {out}");
            assert_eq!(out, expected, "{word}");
        }
    }

    #[test]
    fn leet() {
        for (word, expected) in [
            ("v1agra", "vlagra viagra"),
            ("paypa1", ""),
            ("fr33e", "freee freee"),
            ("c@$h", "cash cash"),
            ("ffcc0a", ""),
            ("0xfeefg", ""),
            ("e1000s", ""),
            ("0nline", "online online"),
            ("mp3", ""),
            ("10mg", ""),
            ("win98", ""),
            ("b2b", ""),
            ("1st", ""),
            ("a10", ""),
        ] {
            let mut out = String::new();
            if unleet(word, 'l', &mut out) {
                out.push(' ');
                unleet(word, 'i', &mut out);
            }
            assert_eq!(out, expected, "{word}");
        }
    }
}
