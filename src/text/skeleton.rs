//! Seeing through letters that only look like others.

use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton as uts39;

use super::fold::{fold_case, plain_letter};
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
/// Letters of ASCII stay as they are, while that table would make `rn` of `m`. `word` is in its
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
    let mut utf8 = [0; 4];
    let mut plain = true;
    for p in uts39(c.encode_utf8(&mut utf8)) {
        if is_combining_mark(p) {
            plain = false;
            continue;
        }
        match plain_letter(p).unwrap_or(p) {
            // The prototype of capital i is a small L.
            'l' if c.is_uppercase() => out.push('i'),
            p => {
                plain &= p.is_ascii();
                fold_case(p.encode_utf8(&mut [0; 4]), out);
            }
        }
    }
    plain
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
    use super::*;

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
