//! The encodings of the [Encoding Standard](https://encoding.spec.whatwg.org), for reading. Tests compare every pair of
//! bytes with the encoding_rs crate, whose code and tables would make the WebAssembly module 15 kB larger.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::index;

/// The names of the encodings, a line each, the one in common use first. The standard's encoding that reads nothing,
/// `replacement`, has no line; GBK is read like GB18030, and iso-8859-8-i like iso-8859-8. The last lines are of code
/// pages that the standard does not have and mail still has.
static LABELS: &str = include_str!("tables/labels.txt");

/// For each encoding of one byte, in the order of their labels, a line of what its bytes from 80 on are: `=` is what
/// windows-1252 has there, `-` a control character, U+FFFD nothing.
static SINGLE_BYTE: &str = include_str!("tables/single-byte.txt");

/// An encoding: the line of its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::message) struct Encoding(u8);

pub(in crate::message) const UTF_8: Encoding = Encoding(0);
pub(super) const UTF_16LE: Encoding = Encoding(1);
pub(super) const UTF_16BE: Encoding = Encoding(2);
pub(super) const GB18030: Encoding = Encoding(3);
pub(super) const BIG5: Encoding = Encoding(4);
pub(super) const EUC_KR: Encoding = Encoding(5);
pub(super) const EUC_JP: Encoding = Encoding(6);
pub(super) const SHIFT_JIS: Encoding = Encoding(7);
pub(super) const ISO_2022_JP: Encoding = Encoding(8);
const USER_DEFINED: Encoding = Encoding(9);
/// The first of one byte.
pub(in crate::message) const WINDOWS_1252: Encoding = Encoding(10);
pub(super) const WINDOWS_874: Encoding = Encoding(29);
pub(super) const WINDOWS_1251: Encoding = Encoding(32);
pub(super) const KOI8_R: Encoding = Encoding(35);

impl Encoding {
    /// The encoding with this name, in any case.
    pub(super) fn for_label(label: &str) -> Option<Encoding> {
        let label = label.trim_ascii().to_ascii_lowercase();
        let line = LABELS.lines().position(|line| line.split(' ').any(|name| name == label))?;
        Some(Encoding(line as u8))
    }

    /// The encoding of the byte order mark that a text starts with, and the length of that mark.
    pub(super) fn for_bom(bytes: &[u8]) -> Option<(Encoding, usize)> {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => Some((UTF_8, 3)),
            [0xFF, 0xFE, ..] => Some((UTF_16LE, 2)),
            [0xFE, 0xFF, ..] => Some((UTF_16BE, 2)),
            _ => None,
        }
    }

    pub(super) fn is_single_byte(self) -> bool {
        self.0 >= USER_DEFINED.0
    }

    /// The text, with U+FFFD for what is none, and whether there was any of that.
    pub(in crate::message) fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match (self, std::str::from_utf8(bytes)) {
            (UTF_16LE, _) => utf16(bytes, u16::from_le_bytes),
            (UTF_16BE, _) => utf16(bytes, u16::from_be_bytes),
            (ISO_2022_JP, _) if bytes.iter().any(|byte| matches!(*byte, SHIFT_OUT | SHIFT_IN | ESCAPE)) => {
                iso_2022_jp(bytes)
            }
            (UTF_8, Ok(text)) => (text.into(), false),
            (UTF_8, Err(_)) => (String::from_utf8_lossy(bytes), true),
            (_, Ok(text)) if text.is_ascii() => (text.into(), false),
            _ => self.decode_mixed(bytes),
        }
    }

    /// As [`decode`](Self::decode), where bytes below 80 are ASCII.
    fn decode_mixed(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        let read: &dyn Fn(&[u8]) -> Read = match self {
            GB18030 => &gb18030,
            BIG5 => &big5,
            EUC_KR => &|rest| pair(rest, 0x81..=0xFE, index::euc_kr),
            EUC_JP => &euc_jp,
            SHIFT_JIS => &shift_jis,
            ISO_2022_JP => &|_| Read::wrong(1),
            USER_DEFINED => &|rest| Read::one(char::from_u32(0xF700 + u32::from(rest[0]))),
            Encoding(line) => {
                let table = single_byte(usize::from(line - WINDOWS_1252.0));
                return mixed(bytes, &|rest| {
                    let read = table.get(usize::from(rest[0]) - 0x80).copied();
                    Read::one(read.filter(|&c| c != char::REPLACEMENT_CHARACTER))
                });
            }
        };
        mixed(bytes, read)
    }
}

/// What the bytes from 80 on are in the encoding of one byte on this line.
fn single_byte(line: usize) -> Vec<char> {
    let lines = |line| SINGLE_BYTE.lines().nth(line).unwrap_or_default().chars();
    let table = lines(line).zip(lines(0)).zip('\u{80}'..);
    let read = |((own, common), control)| match (own, common) {
        ('=', '-') | ('-', _) => control,
        ('=', common) => common,
        (own, _) => own,
    };
    table.map(read).collect()
}

/// What stands where a text is read on: the bytes that it took, and the characters that they are, two at most; none
/// if they are wrong.
struct Read {
    len: usize,
    text: [Option<char>; 2],
}

impl Read {
    fn new(len: usize, c: char) -> Read {
        Read { len, text: [Some(c), None] }
    }

    fn one(c: Option<char>) -> Read {
        Read { len: 1, text: [c, None] }
    }

    fn wrong(len: usize) -> Read {
        Read { len, text: [None; 2] }
    }
}

/// A text in which bytes below 80 are ASCII, and `read` reads what starts with another, of which there is one at least.
fn mixed<'a>(bytes: &'a [u8], read: &dyn Fn(&[u8]) -> Read) -> (Cow<'a, str>, bool) {
    let mut text = String::with_capacity(bytes.len() * 3 / 2);
    let mut replaced = false;
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if first.is_ascii() {
            let end = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
            let (ascii, after) = rest.split_at(end);
            text.push_str(std::str::from_utf8(ascii).unwrap_or_default());
            rest = after;
            continue;
        }
        let Read { len, text: [first, second] } = read(rest);
        replaced |= first.is_none();
        text.push(first.unwrap_or(char::REPLACEMENT_CHARACTER));
        if let Some(second) = second {
            text.push(second);
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    (text.into(), replaced)
}

/// A character of two bytes. If the second is no part of it and ASCII, it is read again.
fn pair(rest: &[u8], leads: RangeInclusive<u8>, character: impl Fn(u8, u8) -> Option<char>) -> Read {
    match *rest {
        [lead, trail, ..] if leads.contains(&lead) => match character(lead, trail) {
            Some(c) => Read::new(2, c),
            None => Read::wrong(if trail.is_ascii() { 1 } else { 2 }),
        },
        _ => Read::wrong(1),
    }
}

fn gb18030(rest: &[u8]) -> Read {
    match *rest {
        [0x80, ..] => Read::new(1, '€'),
        [0x81..=0xFE, b'0'..=b'9'] | [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE] => Read::wrong(rest.len()),
        [a @ 0x81..=0xFE, b @ b'0'..=b'9', c @ 0x81..=0xFE, d @ b'0'..=b'9', ..] => {
            let places = [(a, 0x81, 12_600), (b, b'0', 1_260), (c, 0x81, 10), (d, b'0', 1)];
            let number = places.iter().map(|&(byte, first, worth)| u32::from(byte - first) * worth).sum();
            match number {
                0..=39_419 => index::gb18030_four(number as usize),
                189_000.. => char::from_u32(number - 189_000 + 0x1_0000),
                _ => None,
            }
            .map_or(Read::wrong(4), |c| Read::new(4, c))
        }
        [0x81..=0xFE, b'0'..=b'9', ..] => Read::wrong(1),
        _ => pair(rest, 0x81..=0xFE, index::gb18030),
    }
}

fn big5(rest: &[u8]) -> Read {
    let marked = |letter, mark| Read { len: 2, text: [Some(letter), Some(mark)] };
    match *rest {
        [0x88, 0x62, ..] => marked('Ê', '\u{304}'),
        [0x88, 0x64, ..] => marked('Ê', '\u{30C}'),
        [0x88, 0xA3, ..] => marked('ê', '\u{304}'),
        [0x88, 0xA5, ..] => marked('ê', '\u{30C}'),
        _ => pair(rest, 0x81..=0xFE, index::big5),
    }
}

fn shift_jis(rest: &[u8]) -> Read {
    match rest[0] {
        0x80 => Read::new(1, '\u{80}'),
        byte @ 0xA1..=0xDF => Read::one(half_width(byte)),
        0x81..=0x9F => pair(rest, 0x81..=0x9F, |lead, trail| index::shift_jis(lead - 0x81, trail)),
        _ => pair(rest, 0xE0..=0xFC, |lead, trail| index::shift_jis(lead - 0xC1, trail)),
    }
}

fn euc_jp(rest: &[u8]) -> Read {
    match *rest {
        [0x8E, kana @ 0xA1..=0xDF, ..] => Read { len: 2, ..Read::one(half_width(kana)) },
        // Two bytes more, of the supplementary characters.
        [0x8F, lead @ 0xA1..=0xFE, ..] => {
            let Read { len, text } = pair(&rest[1..], lead..=lead, index::jis_x_0212);
            Read { len: len + 1, text }
        }
        [0x8E | 0x8F, ..] => pair(rest, 0x8E..=0x8F, |_, _| None),
        _ => pair(rest, 0xA1..=0xFE, index::jis_x_0208),
    }
}

/// The half-width katakana of a byte from A1 to DF.
fn half_width(byte: u8) -> Option<char> {
    char::from_u32(0xFF61 - 0xA1 + u32::from(byte))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Cow<'_, str>, bool) {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // A byte alone is wrong; half a pair of units and that byte are wrong once.
    let half = units.clone().next_back().is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
    let alone = (bytes.len() % 2 == 1 && !half).then_some(char::REPLACEMENT_CHARACTER);
    let mut replaced = alone.is_some();
    let read = char::decode_utf16(units).map(|read| {
        replaced |= read.is_err();
        read.unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let mut text: String = read.collect();
    text.extend(alone);
    (text.into(), replaced)
}

const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;
const ESCAPE: u8 = 0x1B;

/// What the bytes of a text in ISO-2022-JP are.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Ascii,
    Roman,
    Katakana,
    Kanji,
}

/// [Section 12.2.1](https://encoding.spec.whatwg.org/#iso-2022-jp-decoder).
fn iso_2022_jp(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = false;
    let mut set = Set::Ascii;
    // Whether nothing came since the last change of the set: to change it again is wrong.
    let mut changed = false;
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = after;
        let read = match (set, *first) {
            (_, ESCAPE) => {
                let to = match rest {
                    [b'(', b'B', ..] => Some(Set::Ascii),
                    [b'(', b'J', ..] => Some(Set::Roman),
                    [b'(', b'I', ..] => Some(Set::Katakana),
                    [b'$', b'@' | b'B', ..] => Some(Set::Kanji),
                    _ => None,
                };
                let again = changed;
                changed = to.is_some();
                if let Some(to) = to {
                    set = to;
                    rest = &rest[2..];
                    if !again {
                        continue;
                    }
                }
                None
            }
            (Set::Roman, b'\\') => Some('¥'),
            (Set::Roman, b'~') => Some('‾'),
            (Set::Ascii | Set::Roman, byte) => {
                Some(char::from(byte)).filter(|c| c.is_ascii() && !matches!(byte, SHIFT_OUT | SHIFT_IN))
            }
            (Set::Katakana, byte @ 0x21..=0x5F) => half_width(byte + 0x80),
            (Set::Kanji, lead @ 0x21..=0x7E) => match rest {
                [trail, after @ ..] if *trail != ESCAPE => {
                    rest = after;
                    index::jis_x_0208(lead + 0x80, trail.wrapping_add(0x80)).filter(|_| trail.is_ascii())
                }
                _ => None,
            },
            (Set::Katakana | Set::Kanji, _) => None,
        };
        changed &= *first == ESCAPE;
        replaced |= read.is_none();
        text.push(read.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    (text.into(), replaced)
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::path::Path;

    use super::*;

    /// Lines of labels that are the standard's.
    const STANDARD: usize = 37;

    /// Code pages 850 and 437, from byte 80 on.
    const CODE_PAGES: [&str; 2] = [
        "\
        ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
        ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}",
        "\
        ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
        αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    ];

    /// The encodings of the standard with the crate's of the same name.
    fn encodings() -> impl Iterator<Item = (Encoding, &'static encoding_rs::Encoding)> {
        LABELS.lines().enumerate().take(STANDARD).map(|(line, labels)| {
            let label = labels.split(' ').next().unwrap();
            (Encoding(line as u8), encoding_rs::Encoding::for_label(label.as_bytes()).expect(label))
        })
    }

    #[track_caller]
    fn compare(encoding: Encoding, oracle: &'static encoding_rs::Encoding, bytes: &[u8]) {
        let (text, replaced) = oracle.decode_without_bom_handling(bytes);
        let read = encoding.decode(bytes);
        assert!(read == (text.clone(), replaced), "{} {bytes:x?}: {read:x?}, not {text:x?}", oracle.name());
    }

    #[test]
    fn labels_are_those_of_the_crate() {
        for (encoding, oracle) in encodings() {
            for label in LABELS.lines().nth(encoding.0.into()).unwrap().split(' ') {
                let known = encoding_rs::Encoding::for_label(label.as_bytes()).expect(label);
                let name = match known.name() {
                    "GBK" => "gb18030",
                    "ISO-8859-8-I" => "ISO-8859-8",
                    name => name,
                };
                assert_eq!(name, oracle.name(), "{label}");
                assert_eq!(Encoding::for_label(&format!(" {} ", label.to_uppercase())), Some(encoding));
            }
        }
        // All of the standard but the six of its `replacement`.
        let labels = LABELS.lines().take(STANDARD).flat_map(|labels| labels.split(' '));
        assert_eq!(labels.count(), 228 - 6);
        for label in ["iso-2022-kr", "hz-gb-2312", "replacement", "utf-7", "", "utf", "koi8-r koi"] {
            assert_eq!(Encoding::for_label(label), None, "{label}");
        }
        for (encoding, name) in [
            (UTF_16LE, "UTF-16LE"),
            (UTF_16BE, "UTF-16BE"),
            (WINDOWS_1252, "windows-1252"),
            (WINDOWS_874, "windows-874"),
            (WINDOWS_1251, "windows-1251"),
            (KOI8_R, "KOI8-R"),
        ] {
            assert_eq!(Encoding::for_label(name), Some(encoding), "{name}");
        }
    }

    #[test]
    fn single_bytes_are_those_of_the_crate() {
        let mut tables: Vec<Vec<char>> = (encodings().skip(WINDOWS_1252.0.into()))
            .map(|(_, oracle)| {
                let read = |byte| oracle.decode_without_bom_handling(&[byte]).0.chars().next().unwrap();
                (0x80..=0xFF).map(read).collect()
            })
            .collect();
        tables.extend(CODE_PAGES.map(|page| page.chars().collect()));
        let mut lines = String::new();
        for (line, table) in tables.iter().enumerate() {
            assert_eq!(table.len(), 128);
            for ((&own, control), &common) in table.iter().zip('\u{80}'..).zip(&tables[0]) {
                lines.push(match own {
                    _ if own == control && own.is_control() => '-',
                    _ if own == common && line > 0 => '=',
                    own => own,
                });
            }
            lines.push('\n');
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/message/charset/tables/single-byte.txt");
        if std::env::var_os("TAMIS_WRITE_TABLES").is_some() {
            std::fs::write(&path, &lines).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == lines, "run tables/write.sh");
    }

    #[test]
    fn code_pages() {
        for (label, bytes, text) in
            [("CP850", &b"d\x82j\x85 \xb5\xff"[..], "déjà Á\u{a0}"), ("ibm437", b"\x9d \xe0\xe1", "¥ αß")]
        {
            let page = Encoding::for_label(label).unwrap();
            assert_eq!(page.decode(bytes), (text.into(), false), "{label}");
        }
    }

    #[test]
    fn every_pair_of_bytes_is_read_like_the_crate_reads_it() {
        for (encoding, oracle) in encodings() {
            compare(encoding, oracle, &(0..=0xFF).collect::<Vec<u8>>());
            for first in (0..=0xFF).filter(|_| !encoding.is_single_byte()) {
                compare(encoding, oracle, &[first]);
                for second in 0..=0xFF {
                    compare(encoding, oracle, &[first, second]);
                    compare(encoding, oracle, &[first, second, b'a']);
                }
            }
        }
    }

    #[test]
    fn longer_characters_are_read_like_the_crate_reads_them() {
        type Bytes = RangeInclusive<u8>;
        let all = |[a, b, c, d]: [Bytes; 4], encoding, oracle| {
            for (a, b) in a.flat_map(|a| b.clone().map(move |b| (a, b))) {
                for c in c.clone() {
                    let text: Vec<u8> = d.clone().flat_map(|d| [a, b, c, d]).collect();
                    compare(encoding, oracle, &text);
                }
            }
        };
        all([0x80..=0xFF, 0x2F..=0x3A, 0x80..=0xFF, 0x2F..=0x3A], GB18030, encoding_rs::GB18030);
        all([0x8D..=0x90, 0xA0..=0xFF, 0xA0..=0xFF, b'a'..=b'a'], EUC_JP, encoding_rs::EUC_JP);
        for escape in [*b"$@", *b"$B", *b"(I", *b"(J", *b"(B"] {
            for (lead, trail) in (0..=0xFF).flat_map(|lead| (0..=0xFF).map(move |trail| (lead, trail))) {
                let text = [ESCAPE, escape[0], escape[1], lead, trail, b'0', b'1'];
                compare(ISO_2022_JP, encoding_rs::ISO_2022_JP, &text);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_like_the_crate_reads_them() {
        // Bytes that mean something in one encoding or another, in a sequence that is the same every time.
        let bytes = b"\x1B\x1B\x1B$B$@(B(J(I()\x0E\x0F!~0az9\0\n\x80\x81\x8E\x8F\x90\xA0\xA1\xB0\xC8\xD8\xDC\xE0\xFD\xFE\xFF";
        let mut seed = 1u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % below
        };
        for _ in 0..4_000 {
            let text: Vec<u8> = (0..random(12)).map(|_| bytes[random(bytes.len())]).collect();
            encodings().for_each(|(encoding, oracle)| compare(encoding, oracle, &text));
        }
    }
}
