//! Content transfer encodings (RFC 2045, section 6), read as a lenient mail program reads them, and
//! the older encodings that stand within plain text.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;
use memchr::{memchr, memchr_iter};

use super::damage::{Damage, DamageSet};
use super::find::find;

/// Decodes a body from the transfer encoding of this (lower case) name.
pub(super) fn decode<'a>(encoding: &str, body: &'a [u8], damage: &mut DamageSet) -> Cow<'a, [u8]> {
    match encoding {
        "" | "7bit" | "8bit" | "binary" => body.into(),
        "quoted-printable" => quoted_printable(body, damage).into(),
        "base64" => base64(body, damage).into(),
        _ => {
            damage.insert(Damage::UnknownTransferEncoding);
            body.into()
        }
    }
}

/// Bytes that a body has when it is decoded, without decoding it.
pub(super) fn decoded_size(encoding: &str, body: &[u8]) -> usize {
    match encoding {
        "base64" => {
            let digits = body.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=').count();
            digits * 3 / 4
        }
        "quoted-printable" => body.len().saturating_sub(2 * memchr_iter(b'=', body).count()),
        _ => body.len(),
    }
}

fn base64(body: &[u8], damage: &mut DamageSet) -> Vec<u8> {
    if let Some(bytes) = base64_decode(body) {
        // Four digits are three bytes, and one digit is none: it was cut short.
        if body.iter().filter(|byte| !byte.is_ascii_whitespace()).count() % 4 == 1 {
            damage.insert(Damage::BadTransferEncoding);
        }
        return bytes;
    }
    damage.insert(Damage::BadTransferEncoding);
    // Mailing lists append their footers as plain text, so what follows the data is kept as it is.
    let valid =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n');
    let end = body.iter().position(|byte| !valid(byte)).unwrap_or(body.len());
    let end = body[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (data, text) = body.split_at(end);
    let mut bytes = base64_decode(data).unwrap_or_default();
    if text.contains(&b' ') || !bytes.is_empty() {
        bytes.push(b'\n');
        bytes.extend(text);
    } else {
        let data = text.iter().copied().filter(valid).collect::<Vec<_>>();
        bytes.extend(base64_decode(&data).unwrap_or_default());
    }
    bytes
}

fn quoted_printable(body: &[u8], damage: &mut DamageSet) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(equals) = memchr(b'=', rest) {
        bytes.extend(&rest[..equals]);
        rest = &rest[equals + 1..];
        if let [high, low, after @ ..] = rest
            && let Some(byte) = quoted_printable_decode_char(*high, *low)
        {
            bytes.push(byte);
            rest = after;
            continue;
        }
        // A soft line break, with or without the white space that transport may add.
        let line = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).unwrap_or(rest.len());
        if matches!(rest.get(line), None | Some(b'\n')) {
            rest = rest.get(line + 1..).unwrap_or_default();
        } else {
            damage.insert(Damage::BadTransferEncoding);
            bytes.push(b'=');
        }
    }
    bytes.extend(rest);
    bytes
}

/// Decodes the text of a Q encoded word (RFC 2047, section 4.2).
pub(super) fn q(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len());
    let mut rest = data;
    while let [byte, after @ ..] = rest {
        rest = after;
        bytes.push(match (byte, after) {
            (b'_', _) => b' ',
            (b'=', [high, low, after @ ..]) => match quoted_printable_decode_char(*high, *low) {
                Some(byte) => {
                    rest = after;
                    byte
                }
                None => b'=',
            },
            _ => *byte,
        });
    }
    bytes
}

/// Cuts uuencoded (`begin 644 name` … `end`) and yEnc (`=ybegin` … `=yend`) blocks out of `text`;
/// `None` if there are none.
pub(super) fn cut_blocks(text: &str) -> Option<String> {
    let mut kept: Option<String> = None;
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = find(&text.as_bytes()[at..], b"begin ") {
        let begin = at + found;
        at = begin + "begin ".len();
        let before = &text[..begin];
        let line = before.strip_suffix("=y").unwrap_or(before).len();
        if line > 0 && text.as_bytes()[line - 1] != b'\n' {
            continue;
        }
        let Some(length) = block(&text[line..]) else {
            continue;
        };
        let kept = kept.get_or_insert_default();
        kept.push_str(&text[from..line]);
        from = line + length;
        at = from;
    }
    kept.map(|kept| kept + &text[from..])
}

/// Bytes of the encoded block that `text` starts with.
fn block(text: &str) -> Option<usize> {
    let (first, data) = text.split_once('\n')?;
    let is_data: fn(&str) -> bool = if first.starts_with("=ybegin ") {
        |line| !line.starts_with("=yend")
    } else {
        let mode = first.strip_prefix("begin ")?.split(' ').next()?;
        if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
            return None;
        }
        is_uuencoded
    };
    let mut length = 0;
    for line in data.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        if !is_data(bare) {
            let last = matches!(bare, "end" | "`" | "") || bare.starts_with("=yend");
            length += if last { line.len() } else { 0 };
            if bare == "end" || bare.starts_with("=yend") || !last {
                break;
            }
        } else {
            length += line.len();
        }
    }
    (length > 0).then(|| text.len() - data.len() + length)
}

/// Whether a line has as many characters as its first one says. Some programs drop trailing spaces,
/// some add a checksum.
fn is_uuencoded(line: &str) -> bool {
    let Some(count @ b'!'..=b'M') = line.as_bytes().first() else {
        return false;
    };
    let characters = usize::from(count - b' ').div_ceil(3) * 4;
    line.is_ascii() && (characters.saturating_sub(3)..=characters + 1).contains(&(line.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoding: &str, body: &str) -> (String, bool) {
        let mut damage = DamageSet::default();
        let bytes = decode(encoding, body.as_bytes(), &mut damage);
        (String::from_utf8_lossy(&bytes).into_owned(), damage.is_empty())
    }

    #[test]
    fn transfer_encodings() {
        for (encoding, body, text, good) in [
            ("7bit", "a=20b", "a=20b", true),
            ("quoted-printable", "a=20b=\r\nc=\t \nd=3D", "a bcd=", true),
            ("quoted-printable", "50% = half, =ZZ, ==41", "50% = half, =ZZ, =A", false),
            ("quoted-printable", "end=", "end", true),
            ("base64", "aGVs\r\nbG8=\r\n", "hello", true),
            ("base64", "aGVsbG8", "hello", true),
            (
                "base64",
                "aGVsbG8=\n____\nTo unsubscribe, write.\n",
                "hello\n____\nTo unsubscribe, write.\n",
                false,
            ),
            ("base64", "This is text.", "\nThis is text.", false),
            ("x-uuencode", "a", "a", false),
        ] {
            assert_eq!(read(encoding, body), (text.to_owned(), good), "{encoding} {body:?}");
        }
    }

    #[test]
    fn sizes_need_no_decoding() {
        assert_eq!(decoded_size("base64", b"aGVs\r\nbG8=\r\n"), 5);
        assert_eq!(decoded_size("quoted-printable", b"=20=20"), 2);
        assert_eq!(decoded_size("7bit", b"abc"), 3);
    }

    #[test]
    fn blocks_are_cut() {
        let uu = "begin 644 cat.txt\n#0V%T\n`\nend\n";
        assert_eq!(cut_blocks(&format!("before\n{uu}after")).as_deref(), Some("before\nafter"));
        assert_eq!(cut_blocks(&format!("{uu}{uu}")).as_deref(), Some(""));
        assert_eq!(
            cut_blocks("x\n=ybegin line=128 size=3 name=a\nabc\n=yend size=3\ny").as_deref(),
            Some("x\ny")
        );
        assert_eq!(cut_blocks("We begin 100 days of sale\nnow"), None);
        assert_eq!(cut_blocks("begin 644 lies\nThis is prose.\n"), None);
        assert_eq!(cut_blocks("begin 644 cut.txt\n#0V%T").as_deref(), Some(""));
    }
}
