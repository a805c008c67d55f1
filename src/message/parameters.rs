//! Values with parameters: `Content-Type`, `Content-Disposition` (RFC 2045, section 5.1; RFC 2231).

use std::borrow::Cow;

use super::charset::{self, Encoding};
use super::damage::DamageSet;
use super::lexical::{plain, split};

/// The value before its parameters, in lower case and without comments and white space.
pub(super) fn value(text: &str) -> String {
    let (value, _) = split(text, |c| c == ';');
    plain(value).to_ascii_lowercase()
}

/// The parameter with this name, which is in lower case; of several the first. A parameter in pieces
/// (`name*0=`, `name*1=`, …) is put together, and its charset (`name*=utf-8'en'%E2%82%AC`) is decoded.
pub(super) fn get<'a>(
    text: &'a str,
    name: &str,
    hint: Option<Encoding>,
    damage: &mut DamageSet,
) -> Option<Cow<'a, str>> {
    let mut pieces: Vec<(u32, bool, Cow<'a, str>)> = Vec::new();
    let mut rest = split(text, |c| c == ';').1;
    while let Some(after) = rest.strip_prefix(';') {
        let (key, tail) = split(after, |c| matches!(c, ';' | '='));
        let Some(tail) = tail.strip_prefix('=') else {
            rest = tail;
            continue;
        };
        let (written, tail) = split(tail, |c| c == ';');
        rest = tail;
        let key = plain(key);
        let Some(suffix) = key.get(name.len()..).filter(|_| key[..name.len()].eq_ignore_ascii_case(name))
        else {
            continue;
        };
        let (number, encoded) = match suffix.strip_suffix('*') {
            Some(number) => (number, true),
            None => (suffix, false),
        };
        if number.is_empty() {
            let value = plain(written);
            if encoded {
                pieces = vec![(0, true, value)];
                break;
            }
            return Some(value).filter(|value| !value.is_empty());
        }
        if let Some(number) = number.strip_prefix('*').and_then(|number| number.parse().ok()) {
            let place = pieces.partition_point(|piece| piece.0 <= number);
            pieces.insert(place, (number, encoded, plain(written)));
        }
    }
    let mut declared = None;
    let mut bytes = Vec::new();
    for (i, (_, encoded, piece)) in pieces.iter().enumerate() {
        match (encoded, piece.split_once('\''), i) {
            (true, Some((charset, rest)), 0) => {
                declared = Some(charset);
                percent(rest.split_once('\'').map_or(rest, |(_, text)| text), &mut bytes);
            }
            (true, ..) => percent(piece, &mut bytes),
            (false, ..) => bytes.extend(piece.bytes()),
        }
    }
    let text = charset::decode(&bytes, declared, hint, damage).into_owned();
    Some(text.into()).filter(|_| !bytes.is_empty())
}

/// Appends the bytes that percent encoding stands for.
fn percent(text: &str, bytes: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let code = (*byte == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        get(text, "name", None, &mut DamageSet::default()).map(Cow::into_owned)
    }

    #[test]
    fn values() {
        for (text, expected) in [
            ("Text/HTML; charset=x", "text/html"),
            (" text/plain (a comment)", "text/plain"),
            ("(; \\) )a/b", "a/b"),
            ("attachment", "attachment"),
            ("", ""),
            (";name=x", ""),
            ("a/b (never closed; name=x", "a/b"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn parameters() {
        for (text, expected) in [
            ("a/b; name=x", Some("x")),
            ("a/b; NAME = x ; name=y", Some("x")),
            ("a/b;name=\"a; b\\\" c\"; x=y", Some("a; b\" c")),
            ("a/b; name=my file.doc", Some("my file.doc")),
            ("a/b; name=x (comment)", Some("x")),
            ("a/b; name=\"never; closed", Some("never")),
            ("a/b; name=\"fol\r\n ded\"", Some("fol ded")),
            ("a/b; filename=x; nam=y; names=z", None),
            ("a/b; name", None),
            ("a/b; name=", None),
            ("a/b; name=\"\"", None),
            ("a/b; x=\"; name=y\"", None),
            ("a/b name=x", None),
            ("a/b; name*=utf-8'en'%E2%82%AC%20rates", Some("€ rates")),
            ("a/b; name*=iso-8859-1''%A3%zz%", Some("£%zz%")),
            ("a/b; name*1=b; name*0=a; name*2*=%63", Some("abc")),
            ("a/b; name*0*=utf-8''%C3; name*1*=%A9.gif", Some("é.gif")),
            ("a/b; name*0*=gbk''%D6%D0; name*1=\".pdf\"", Some("中.pdf")),
            ("a/b; name*x=y; *=z; =", None),
        ] {
            assert_eq!(name(text).as_deref(), expected, "{text}");
        }
    }
}
