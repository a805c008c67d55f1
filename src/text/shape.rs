//! Describing strings that are not words by what they look like.

use std::fmt::Write;

/// Runs that [`word_shape`] describes before it stops with `+`.
const RUNS: usize = 12;

/// Appends the shape of `text` to `out`: each run of lower-case letters, upper-case letters,
/// digits or characters beyond ASCII as `a`, `A`, `n` or `u` and its length, and each run of an
/// equal punctuation character as that character, with the length if it is more than one.
///
/// Identifiers that one program made (Message-IDs, boundaries, host names of dial-up customers)
/// differ in every message, but have one shape. Only the first 12 runs are described.
///
/// ```
/// let mut shape = String::new();
/// tamis::text::shape::word_shape("ab12cd.20240506--XY", &mut shape);
/// assert_eq!(shape, "a2n2a2.n8-2A2");
/// ```
pub fn word_shape(text: &str, out: &mut String) {
    let mut chars = text.chars().map(class).peekable();
    for _ in 0..RUNS {
        let Some(class) = chars.next() else { return };
        let mut len = 1;
        while chars.next_if_eq(&class).is_some() {
            len += 1;
        }
        out.push(class);
        if len > 1 || class.is_ascii_alphanumeric() {
            push_number(len, out);
        }
    }
    if chars.next().is_some() {
        out.push('+');
    }
}

fn class(c: char) -> char {
    match c {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => 'n',
        _ if c.is_ascii() => c,
        _ => 'u',
    }
}

/// Appends `n` in decimal.
pub(super) fn push_number(n: usize, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{n}");
}

/// Appends a length: exact up to 40, as hashes and keys are told apart by it, then the power of two
/// that is not above it.
pub(super) fn push_length(n: usize, out: &mut String) {
    push_number(if n <= 40 { n } else { 1 << n.ilog2() }, out);
}

/// What kind of identifier an ASCII word of letters and digits is, if it does not look like a word
/// that people write (`mp3`, `10mg`, `covid19`).
pub(super) fn identifier(word: &str) -> Option<&'static str> {
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    if bytes.len() < 8 || digits == 0 {
        return None;
    }
    if bytes.iter().all(u8::is_ascii_hexdigit) {
        return Some("hex");
    }
    let kind = |b: u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    // From upper to lower case is no switch: words begin with a capital.
    let switches = bytes
        .windows(2)
        .filter(|w| kind(w[0]) != kind(w[1]) && !(w[0].is_ascii_uppercase() && w[1].is_ascii_lowercase()))
        .count();
    (switches >= 3 || switches >= 2 && bytes.len() >= 16).then_some("alnum")
}

/// Whether `chunk` is a line of base64 rather than a path or a word.
pub(super) fn is_base64(chunk: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| chunk.iter().filter(|b| is(b)).count();
    chunk.len() >= 40
        && chunk.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
        && count(u8::is_ascii_lowercase) * 8 >= chunk.len()
        && count(u8::is_ascii_uppercase) * 8 >= chunk.len()
        && count(u8::is_ascii_digit) >= 2
        && count(|b| matches!(b, b'/' | b'-' | b'_')) * 8 <= chunk.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (text, expected) in [
            ("", ""),
            ("a", "a1"),
            ("ab12cd", "a2n2a2"),
            ("4A5B.7c@x", "n1A1n1A1.n1a1@a1"),
            ("dsl-1-2-3", "a3-n1-n1-n1"),
            ("....", ".4"),
            ("发票", "u2"),
            ("1a1a1a1a1a1a1", "n1a1n1a1n1a1n1a1n1a1n1a1+"),
        ] {
            let mut out = String::new();
            word_shape(text, &mut out);
            assert_eq!(out, expected, "{text:?}");
        }
    }

    #[test]
    fn identifiers() {
        for (word, expected) in [
            ("d41d8cd98f00b204e9800998ecf8427e", Some("hex")),
            ("deadbeef", None),
            ("a8f3k2j9", Some("alnum")),
            ("AKIAIOSFODNN7EXAMPLE", Some("alnum")),
            ("1JnQv82kDbPz4", Some("alnum")),
            ("covid19vaccine", None),
            ("Windows98", None),
            ("mp3", None),
        ] {
            assert_eq!(identifier(word), expected, "{word}");
        }
    }

    #[test]
    fn base64() {
        assert!(is_base64(b"TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0"));
        assert!(!is_base64(b"/usr/local/lib/Perl5/site_perl/5/Mail/SpamAssassin/Conf"));
        assert!(!is_base64(b"========================================"));
    }
}
