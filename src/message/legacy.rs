//! Charsets, and names of charsets, that mail uses and browsers do not know.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252};
use mail_parser::decoders::base64::base64_decode;

/// The encoding that has this name, in lower case, besides those of the [Encoding
/// Standard](https://encoding.spec.whatwg.org/#names-and-labels).
pub(super) fn encoding(label: &str) -> Option<&'static Encoding> {
    let page = label.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '_');
    Some(match page {
        "932" => SHIFT_JIS,
        "936" => GBK,
        "949" | "51949" => EUC_KR,
        "950" | "951" => BIG5,
        "874" => WINDOWS_874,
        "1252" | "819" => WINDOWS_1252,
        "65001" => UTF_8,
        _ => return Encoding::for_label(label.replace('_', "-").as_bytes()),
    })
}

/// The text in a charset with this name, in lower case; `None` if it is not one of those known here, or the
/// bytes do not fit it.
pub(super) fn decode(label: &str, bytes: &[u8]) -> Option<String> {
    match label.trim_start_matches("cs").trim_start_matches("unicode-1-1-") {
        "utf-7" | "utf7" | "utf_7" => utf7(bytes),
        "850" | "cp850" | "ibm850" | "pc850multilingual" => Some(single_byte(bytes, CP850)),
        "437" | "cp437" | "ibm437" | "pc8codepage437" => Some(single_byte(bytes, CP437)),
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

fn single_byte(bytes: &[u8], upper: &str) -> String {
    let upper: Vec<char> = upper.chars().collect();
    bytes
        .iter()
        .map(|&byte| upper.get(usize::from(byte).wrapping_sub(0x80)).copied().unwrap_or(byte.into()))
        .collect()
}

/// Code page 850, from byte 80 on.
const CP850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
    ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}";

/// Code page 437, from byte 80 on.
const CP437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_code_pages() {
        for (label, expected) in [
            ("cp936", Some(GBK)),
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

    #[test]
    fn code_pages() {
        for page in [CP437, CP850] {
            assert_eq!(page.chars().count(), 128);
        }
        assert_eq!(decode("cp850", b"d\x82j\x85 \xb5\xff").as_deref(), Some("déjà Á\u{a0}"));
        assert_eq!(decode("ibm437", b"\x9d \xe0\xe1").as_deref(), Some("¥ αß"));
        assert_eq!(decode("latin1", b"x"), None);
    }
}
