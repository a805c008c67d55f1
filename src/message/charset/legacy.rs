//! Charsets, and names of charsets, that mail uses and browsers do not know.

use mail_parser::decoders::base64::base64_decode;

use super::encoding::{BIG5, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252};

/// The encoding that has this name, in lower case, besides those of the [Encoding
/// Standard](https://encoding.spec.whatwg.org/#names-and-labels).
pub(super) fn encoding(label: &str) -> Option<Encoding> {
    let page = label.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '_');
    Some(match page {
        "932" => SHIFT_JIS,
        "936" => GB18030,
        "949" | "51949" => EUC_KR,
        "950" | "951" => BIG5,
        "874" => WINDOWS_874,
        "1252" | "819" => WINDOWS_1252,
        "65001" => UTF_8,
        _ => return Encoding::for_label(&label.replace('_', "-")),
    })
}

/// The text in a charset with this name, in lower case; `None` if it is not one of those known here, or the
/// bytes do not fit it.
pub(super) fn decode(label: &str, bytes: &[u8]) -> Option<String> {
    match label.trim_start_matches("cs").trim_start_matches("unicode-1-1-") {
        "utf-7" | "utf7" | "utf_7" => utf7(bytes),
        _ => None,
    }
}

/// [RFC 2152](https://www.rfc-editor.org/rfc/rfc2152).
fn utf7(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())?;
    while let Some((plain, after)) = rest.split_once('+') {
        text.push_str(plain);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/')));
        let (shifted, after) = after.split_at(end.unwrap_or(after.len()));
        rest = after.strip_prefix('-').unwrap_or(after);
        if shifted.is_empty() {
            text.push('+');
            continue;
        }
        // The decoder wants whole groups; what these add are no whole units.
        let padded = [shifted, &"==="[..(4 - shifted.len() % 4) % 4]].concat();
        let units = base64_decode(padded.as_bytes())?;
        let units = units.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
        for unit in char::decode_utf16(units) {
            text.push(unit.ok()?);
        }
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_code_pages() {
        for (label, expected) in [
            ("cp936", Some(GB18030)),
            ("ms949", Some(EUC_KR)),
            ("windows-950", Some(BIG5)),
            ("cp932", Some(SHIFT_JIS)),
            ("iso_8859_1", Some(WINDOWS_1252)),
            ("big5_hkscs", Some(BIG5)),
            ("cp65001", Some(UTF_8)),
            ("x-unknown", None),
            ("", None),
        ] {
            assert_eq!(encoding(label), expected, "{label}");
        }
    }

    #[test]
    fn utf_7() {
        for (bytes, expected) in [
            ("Hi Mom -+Jjo--!", Some("Hi Mom -☺-!")),
            ("A+ImIDkQ.", Some("A≢Α.")),
            ("+ZeVnLIqe-", Some("日本語")),
            ("1 +- 1", Some("1 + 1")),
            ("+2D3cmQ-", Some("💙")),
            ("open +AOk", Some("open é")),
            ("+2D0-", None),
            ("\u{e9}", None),
        ] {
            assert_eq!(utf7(bytes.as_bytes()).as_deref(), expected, "{bytes}");
        }
    }
}
