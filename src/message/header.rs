//! Header fields: where they are (RFC 5322, section 2.2) and what their encoded words say (RFC 2047).

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use memchr::memchr;

use super::charset::{self, Encoding};
use super::damage::{Damage, DamageSet};
use super::find::find;
use super::transfer;

/// One field as it stands in the message.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub name: &'a str,
    /// What follows the colon, without the white space around it, still folded.
    pub value: &'a [u8],
    /// Bytes of the whole field, with its line break.
    pub size: usize,
}

/// The fields of a header, up to the empty line that ends it.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// Lines were skipped that are no fields.
    pub bad: bool,
    /// The empty line was there.
    pub ended: bool,
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes, bad: false, ended: false }
    }

    /// The body, once there are no more fields.
    pub fn body(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Some(body) = self.rest.strip_prefix(b"\n").or_else(|| self.rest.strip_prefix(b"\r\n")) {
                self.rest = body;
                self.ended = true;
                return None;
            }
            let (line, rest) = self.rest.split_at(field_end(self.rest));
            if let Some(field) = field(line) {
                self.rest = rest;
                return Some(field);
            }
            // A lone bad line is skipped; anything more is a body that no empty line sets off.
            if self.ended || rest.is_empty() || field(&rest[..field_end(rest)]).is_none() {
                return None;
            }
            self.bad = true;
            self.rest = rest;
        }
    }
}

/// Where the field at the start of `bytes` ends: after the first line break that no white space
/// follows.
fn field_end(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(line) = memchr(b'\n', &bytes[end..]) {
        end += line + 1;
        if !matches!(bytes.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
    bytes.len()
}

fn field(line: &[u8]) -> Option<Field<'_>> {
    let first = line.iter().position(|byte| !(b'!'..=b'~').contains(byte) || *byte == b':')?;
    let (name, rest) = line.split_at(first);
    // Space before the colon is obsolete (RFC 5322, section 4.5.3) but allowed.
    let value = rest.trim_ascii_start().strip_prefix(b":")?;
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
    Some(Field { name, value: value.trim_ascii(), size: line.len() })
}

/// A field's value without the line breaks that fold it, and with its bytes as text.
pub(super) fn unfold<'a>(value: &'a [u8], hint: Option<Encoding>, damage: &mut DamageSet) -> Cow<'a, str> {
    if !value.is_ascii() {
        damage.insert(Damage::EightBitHeader);
    }
    if memchr(b'\n', value).is_none() {
        return charset::decode(value, None, hint, damage);
    }
    let line = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<_>>();
    charset::decode(&line, None, hint, damage).into_owned().into()
}

/// The charset of the first encoded word of a value.
pub(super) fn word_charset(value: &[u8]) -> Option<Encoding> {
    let start = find(value, b"=?")? + 2;
    let end = start + memchr(b'?', &value[start..])?;
    charset::encoding(std::str::from_utf8(&value[start..end]).ok()?)
}

/// Decodes the encoded words in an unfolded value; `None` if there are none.
///
/// Neighbours in the same charset are put together before their bytes become text: many programs
/// split a text between the bytes of one character, though RFC 2047, section 5, forbids it.
pub(super) fn decode_words(value: &str, hint: Option<Encoding>, damage: &mut DamageSet) -> Option<String> {
    let mut start = find(value.as_bytes(), b"=?")?;
    let mut words = Words { text: String::with_capacity(value.len()), open: None, hint };
    let mut rest = value;
    loop {
        let (gap, tail) = rest.split_at(start);
        rest = match word(tail) {
            Word::Decoded { charset, bytes, length } => {
                words.push(gap, charset, bytes, damage);
                &tail[length..]
            }
            Word::None => {
                let (mark, tail) = tail.split_at("=?".len());
                words.push_plain(gap, damage);
                words.push_plain(mark, damage);
                tail
            }
            Word::Bad { rest } => {
                damage.insert(Damage::BadEncodedWord);
                words.push_plain(gap, damage);
                words.push_plain(&tail[..tail.len() - rest.len()], damage);
                rest
            }
        };
        match find(rest.as_bytes(), b"=?") {
            Some(next) => start = next,
            None => break,
        }
    }
    words.push_plain(rest, damage);
    Some(words.text)
}

/// Text that is being put together from encoded words and what is between them.
struct Words<'a> {
    text: String,
    /// Charset and bytes of the words that are not in the text yet.
    open: Option<(&'a str, Vec<u8>)>,
    hint: Option<Encoding>,
}

impl<'a> Words<'a> {
    fn push(&mut self, gap: &str, charset: &'a str, bytes: Vec<u8>, damage: &mut DamageSet) {
        // White space between encoded words is not part of the text.
        let adjacent = self.open.is_some() && gap.trim_ascii().is_empty();
        match &mut self.open {
            Some((open, before)) if adjacent && open.eq_ignore_ascii_case(charset) => before.extend(bytes),
            _ if adjacent => {
                self.close(damage);
                self.open = Some((charset, bytes));
            }
            _ => {
                self.push_plain(gap, damage);
                self.open = Some((charset, bytes));
            }
        }
    }

    fn push_plain(&mut self, text: &str, damage: &mut DamageSet) {
        self.close(damage);
        self.text.push_str(text);
    }

    fn close(&mut self, damage: &mut DamageSet) {
        if let Some((charset, bytes)) = self.open.take() {
            self.text.push_str(&charset::decode(&bytes, Some(charset), self.hint, damage));
        }
    }
}

/// What a `=?` starts.
enum Word<'a> {
    /// An encoded word of so many bytes; its own bytes are decoded from base64 or Q.
    Decoded { charset: &'a str, bytes: Vec<u8>, length: usize },
    /// Something else.
    None,
    /// An encoded word that is broken; what may hold further ones.
    Bad { rest: &'a str },
}

fn word(text: &str) -> Word<'_> {
    let Some((charset, rest)) = text.strip_prefix("=?").and_then(|text| text.split_once('?')) else {
        return Word::None;
    };
    let decode: fn(&[u8]) -> Option<Vec<u8>> = match rest.as_bytes() {
        _ if charset.is_empty() || charset.contains(char::is_whitespace) => return Word::None,
        [b'b' | b'B', b'?', ..] => base64_lenient,
        [b'q' | b'Q', b'?', ..] => |data| Some(transfer::q(data)),
        _ => return Word::None,
    };
    let data = &rest["B?".len()..];
    let Some(end) = find(data.as_bytes(), b"?=") else {
        // No later word can end either.
        return Word::Bad { rest: "" };
    };
    let after = &data[end + "?=".len()..];
    match decode(&data.as_bytes()[..end]) {
        Some(bytes) => Word::Decoded { charset, bytes, length: text.len() - after.len() },
        None => Word::Bad { rest: after },
    }
}

fn base64_lenient(data: &[u8]) -> Option<Vec<u8>> {
    base64_decode(data).or_else(|| {
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        base64_decode(&data.iter().copied().filter(valid).collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_where_the_body_starts() {
        for (bytes, names, body, bad, ended) in [
            ("A: 1\r\nB : 2\r\n\r\nbody", "A B", "body", false, true),
            ("A: 1\n folded\n\tagain\nB: 2\n\nbody", "A B", "body", false, true),
            ("A: 1\nnot a field\nB: 2\n\nbody", "A B", "body", true, true),
            ("A: 1\nbody text\nmore text\n", "A", "body text\nmore text\n", false, false),
            ("A: 1", "A", "", false, false),
            ("\nbody", "", "body", false, true),
            ("just text", "", "just text", false, false),
            ("", "", "", false, false),
        ] {
            let mut fields = Fields::new(bytes.as_bytes());
            let found: Vec<_> = fields.by_ref().map(|field| field.name).collect();
            assert_eq!(found.join(" "), names, "{bytes:?}");
            assert_eq!(fields.body(), body.as_bytes(), "{bytes:?}");
            assert_eq!((fields.bad, fields.ended), (bad, ended), "{bytes:?}");
        }
    }

    #[test]
    fn unfolding_keeps_the_white_space() {
        let text = unfold(b"a\r\n b\n\tc", None, &mut DamageSet::default());
        assert_eq!(text, "a b\tc");
    }

    #[test]
    fn encoded_words() {
        for (value, text) in [
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=\t =?utf-8?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("x=?utf-8?B?w6k=?=y", "xéy"),
            ("=?UTF-8?Q?=E4=B8?= =?utf-8?Q?=AD?=", "中"),
            ("=?gb2312?B?1cW6o8TP?=", "张海南"),
            ("=?gb2312?B?1cW6o8TP", "=?gb2312?B?1cW6o8TP"),
            ("=?nonsense?Q?caf=C3=A9?=", "café"),
            ("=?utf-8?Q?a?b?= c", "a?b c"),
            ("http://a/?b=?c", "http://a/?b=?c"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("=?=?=?", "=?=?=?"),
            ("=?utf-8*de?Q?=zz=C3=A9=?=", "=zzé="),
        ] {
            assert_eq!(
                decode_words(value, None, &mut DamageSet::default()).as_deref(),
                Some(text),
                "{value}"
            );
        }
        assert_eq!(decode_words("plain", None, &mut DamageSet::default()), None);
    }

    #[test]
    fn broken_words_are_noticed() {
        let mut damage = DamageSet::default();
        decode_words("=?utf-8?Q?never ends", None, &mut damage);
        assert!(damage.contains(Damage::BadEncodedWord));
    }
}
