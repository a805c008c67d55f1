//! Bytes to text: the charset that is declared, or the one that it must be.
//!
//! Mail often declares no charset, a wrong one or an unknown one, Chinese spam most of all. Words
//! matter here, not round trips: of several readings the one that gives words is taken.

use std::borrow::Cow;

mod encoding;
mod index;
mod legacy;

use super::damage::{Damage, DamageSet};
use super::find::find;
use encoding::{
    BIG5, EUC_JP, EUC_KR, GB18030, ISO_2022_JP, KOI8_R, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1251,
};
pub(super) use encoding::{Encoding, UTF_8, WINDOWS_1252};

/// Bytes of a text that a guess looks at.
const GUESS_BYTES: usize = 8 << 10;

/// What stands for bytes that cannot be read.
const REPLACED: char = char::REPLACEMENT_CHARACTER;

/// The encoding of a charset name as mail writes it, quoted or not.
pub(super) fn encoding(charset: &str) -> Option<Encoding> {
    let label = label(charset);
    Encoding::for_label(label).or_else(|| legacy::encoding(&label.to_ascii_lowercase()))
}

fn label(charset: &str) -> &str {
    let charset =
        charset.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '=' | '”' | '“'));
    // RFC 2231, section 5: `charset*language`.
    charset.split('*').next().unwrap_or_default()
}

/// Decodes `bytes`, which should be in `declared`. `hint` is an encoding that the message uses
/// elsewhere.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    declared: Option<&str>,
    hint: Option<Encoding>,
    damage: &mut DamageSet,
) -> Cow<'a, str> {
    if let Some((encoding, skip)) = Encoding::for_bom(bytes) {
        return encoding.decode(&bytes[skip..]).0;
    }
    let Some(declared) = declared.filter(|charset| !charset.is_empty()) else {
        return guess(bytes, hint, damage);
    };
    let Some(encoding) = encoding(declared) else {
        return match legacy::decode(&label(declared).to_ascii_lowercase(), bytes) {
            Some(text) => text.into(),
            None => {
                damage.insert(Damage::UnknownCharset);
                guess(bytes, hint, damage)
            }
        };
    };
    if encoding == WINDOWS_1252 {
        // The default of many programs, and the one that no byte contradicts: the bytes themselves
        // have to say so, not another part.
        let better = if bytes.is_ascii() { WINDOWS_1252 } else { best(bytes, None) };
        if better != WINDOWS_1252 {
            damage.insert(Damage::WrongCharset);
        }
        return repair(better, bytes, damage).0;
    }
    if [UTF_16LE, UTF_16BE].contains(&encoding) && bytes.is_ascii() && !bytes.contains(&0) {
        damage.insert(Damage::WrongCharset);
        return guess(bytes, hint, damage);
    }
    let (text, replaced) = repair(encoding, bytes, damage);
    if replaced == 0 {
        return text;
    }
    damage.insert(Damage::WrongCharset);
    let better = best(bytes, hint);
    // A few bad bytes do not make another charset, unless all of it is UTF-8.
    let read = text.chars().filter(|c| !c.is_ascii()).count() - replaced;
    if better == encoding || better != UTF_8 && replaced * 4 < read {
        return text;
    }
    repair(better, bytes, damage).0
}

fn guess<'a>(bytes: &'a [u8], hint: Option<Encoding>, damage: &mut DamageSet) -> Cow<'a, str> {
    let best = best(bytes, hint);
    // UTF-8 is not a guess: text in another charset hardly ever looks like it.
    if best != UTF_8 {
        damage.insert(Damage::GuessedCharset);
    }
    repair(best, bytes, damage).0
}

/// The encoding that makes most sense of `bytes`.
fn best(bytes: &[u8], hint: Option<Encoding>) -> Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        let shifts = find(bytes, b"\x1b$").is_some();
        return if shifts { ISO_2022_JP } else { UTF_8 };
    }
    let fits = |encoding: Encoding| !encoding.decode(bytes).1;
    match hint {
        // Any bytes fit a single-byte encoding, so there fitting says nothing.
        Some(hint) if hint != UTF_8 && !hint.is_single_byte() && fits(hint) => hint,
        Some(hint) if hint != WINDOWS_1252 && hint.is_single_byte() => hint,
        _ => Bytes::count(&bytes[..bytes.len().min(GUESS_BYTES)]).encoding(),
    }
}

/// Decodes, mends double-byte text that was wrapped between the bytes of a character, and counts
/// what still cannot be read.
fn repair<'a>(encoding: Encoding, bytes: &'a [u8], damage: &mut DamageSet) -> (Cow<'a, str>, usize) {
    let count = |text: &str| text.matches(REPLACED).count();
    let (text, wrong) = encoding.decode(bytes);
    if !wrong {
        return (text, 0);
    }
    let replaced = count(&text);
    if [GB18030, BIG5, EUC_KR].contains(&encoding) {
        let joined = encoding.decode(&join(bytes)).0.into_owned();
        let left = count(&joined);
        if left < replaced {
            damage.insert(Damage::SplitCharacter);
            return (joined.into(), left);
        }
    }
    (text, replaced)
}

/// Takes out line breaks, and the indents after them, that stand between the two bytes of a
/// character.
fn join(bytes: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        joined.push(*byte);
        rest = after;
        if *byte > 0x80 {
            let gap = after.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(after.len());
            let broken = after[..gap].contains(&b'\n') && after.get(gap).is_some_and(|trail| *trail > 0x80);
            rest = if broken { &after[gap..] } else { after };
            if let [trail, after @ ..] = rest
                && *trail >= 0x40
            {
                joined.push(*trail);
                rest = after;
            }
        }
    }
    joined
}

/// How often bytes and pairs of bytes occur that set encodings apart.
#[derive(Default)]
struct Bytes {
    /// Bytes above 127, and the runs that they form.
    high: usize,
    runs: usize,
    /// Bytes in C0–DF, E0–FF: the two cases of Cyrillic letters in windows-1251, and the reverse
    /// in KOI8-R.
    c0_df: usize,
    e0_ff: usize,
    /// Lead and trail bytes of a double-byte encoding, and leads without a trail.
    pairs: usize,
    broken: usize,
    /// Pairs with a trail below 80: Big5, Shift_JIS and GBK have them, GB2312 and EUC do not.
    low_trail: usize,
    /// Pairs in the rows of GB2312's punctuation and common characters (level 1).
    gb_common: usize,
    /// Pairs in the rows of Big5's punctuation and common characters (level 1).
    big5_common: usize,
    /// Pairs in the rows of KS X 1001's syllables.
    hangul: usize,
    /// Pairs that are kana in EUC-JP, and in Shift_JIS.
    euc_kana: usize,
    sjis_kana: usize,
}

impl Bytes {
    fn count(bytes: &[u8]) -> Bytes {
        let mut counts = Bytes::default();
        let mut lead = None;
        let mut previous = 0;
        for &byte in bytes {
            if byte >= 0x80 {
                counts.high += 1;
                counts.runs += usize::from(previous < 0x80);
                counts.c0_df += usize::from((0xc0..=0xdf).contains(&byte));
                counts.e0_ff += usize::from(byte >= 0xe0);
            }
            let wrapped = matches!(byte, b'\r' | b'\n') || previous == b'\n' && byte == b' ';
            if !wrapped {
                previous = byte;
            } else if byte != b' ' {
                previous = b'\n';
            }
            lead = match lead {
                // See `join`.
                Some(lead) if wrapped => Some(lead),
                Some(lead) => {
                    counts.pair(lead, byte);
                    None
                }
                None => (byte > 0x80 && byte < 0xff).then_some(byte),
            };
        }
        counts
    }

    fn pair(&mut self, lead: u8, trail: u8) {
        let high = (0xa1..=0xfe).contains(&trail);
        let low = (0x40..=0x7e).contains(&trail);
        self.pairs += 1;
        self.broken += usize::from(trail < 0x40 || trail == 0x7f);
        self.low_trail += usize::from(low);
        self.gb_common += usize::from(high && matches!(lead, 0xa1..=0xa3 | 0xb0..=0xd7));
        self.big5_common += usize::from((high || low) && matches!(lead, 0xa1..=0xc6));
        self.hangul += usize::from(high && matches!(lead, 0xb0..=0xc8));
        self.euc_kana += usize::from(matches!((lead, trail), (0xa4 | 0xa5, 0xa1..=0xf6)));
        self.sjis_kana += usize::from(matches!((lead, trail), (0x82, 0x9f..=0xf1) | (0x83, 0x40..=0x96)));
    }

    fn encoding(&self) -> Encoding {
        let most = |count: usize, percent: usize, of: usize| count * 100 >= of * percent;
        // Cyrillic words are runs of letters of one half of the code page.
        if self.high >= 4 && self.high * 2 >= self.runs * 5 && most(self.c0_df + self.e0_ff, 95, self.high) {
            return if self.e0_ff > self.c0_df { WINDOWS_1251 } else { KOI8_R };
        }
        if self.pairs == 0 || !most(self.pairs - self.broken, 90, self.pairs) {
            return WINDOWS_1252;
        }
        if most(self.sjis_kana, 30, self.pairs) {
            SHIFT_JIS
        } else if most(self.euc_kana, 30, self.pairs) {
            EUC_JP
        } else if self.pairs >= 4
            && most(self.low_trail, 15, self.pairs)
            && most(self.big5_common, 85, self.pairs)
        {
            BIG5
        } else if self.pairs >= 12 && most(self.hangul, 97, self.pairs) {
            EUC_KR
        } else if most(self.gb_common, 70, self.pairs) {
            GB18030
        } else {
            WINDOWS_1252
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHINESE: &str = "尊敬的贵公司负责人您好，我司有增值税发票可优惠代开";
    const TAIWAN: &str = "親愛的朋友您好，這裡有最新的產品資訊，歡迎來電洽詢";
    const JAPANESE: &str = "お客様へ、この商品はとても安いです。カタログをご覧ください";
    const KOREAN: &str = "안녕하세요 고객님 무료 대출 상담을 받아 보세요";
    const RUSSIAN: &str = "Здравствуйте, предлагаем вам выгодную рассылку";

    fn read(bytes: &[u8], declared: Option<&str>) -> (String, Vec<&'static str>) {
        let mut damage = DamageSet::default();
        let text = decode(bytes, declared, None, &mut damage).into_owned();
        (text, damage.iter().map(Damage::name).collect())
    }

    #[test]
    fn declared_charsets() {
        for (charset, text) in [
            ("GBK", CHINESE),
            ("gb18030", CHINESE),
            ("GB2312", CHINESE),
            ("'gb2312'", CHINESE),
            ("Big5", TAIWAN),
            ("ISO-2022-JP", JAPANESE),
            ("Shift_JIS", JAPANESE),
            ("EUC-JP", JAPANESE),
            ("EUC-KR", KOREAN),
            ("ks_c_5601-1987", KOREAN),
            ("KOI8-R", RUSSIAN),
            ("windows-1251", RUSSIAN),
            ("windows-1250", "Příliš žluťoučký kůň"),
            ("windows-1252", "Prêt à porter – 5 €"),
            ("iso-8859-1", "déjà vu"),
            ("windows-1256", "مرحبا بالعالم"),
            ("utf-8*en", RUSSIAN),
        ] {
            let bytes = encoding_rs::Encoding::for_label(label(charset).as_bytes())
                .map(|encoding| encoding.encode(text).0);
            assert_eq!(read(&bytes.unwrap(), Some(charset)), (text.to_owned(), vec![]), "{charset}");
        }
        let utf16: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf16, Some("utf-16le")).0, JAPANESE);
        assert_eq!(read(b"\xfe\xff\x04\x14\x04\x30", Some("utf-16")).0, "Да");
        assert_eq!(read(b"Item 3 is +AKM-1.", Some("utf-7")).0, "Item 3 is £1.");
    }

    #[test]
    fn guessed_charsets() {
        for (encoding, text) in [
            (encoding_rs::GB18030, CHINESE),
            (encoding_rs::GB18030, "免费发票"),
            (encoding_rs::BIG5, TAIWAN),
            (encoding_rs::SHIFT_JIS, JAPANESE),
            (encoding_rs::EUC_JP, JAPANESE),
            (encoding_rs::ISO_2022_JP, JAPANESE),
            (encoding_rs::EUC_KR, KOREAN),
            (encoding_rs::WINDOWS_1251, RUSSIAN),
            (encoding_rs::KOI8_R, RUSSIAN),
            (encoding_rs::WINDOWS_1252, "Ça coûte 5 €, même à crédit"),
            (encoding_rs::WINDOWS_1252, "Grüße aus München, schöne Ähren"),
        ] {
            let bytes = encoding.encode(text).0;
            assert_eq!(read(&bytes, None), (text.to_owned(), vec!["guessed-charset"]), "{}", encoding.name());
        }
        assert_eq!(read("naïve 中文".as_bytes(), None), ("naïve 中文".to_owned(), vec![]));
        assert_eq!(read(b"plain", None), ("plain".to_owned(), vec![]));
    }

    #[test]
    fn wrong_charsets() {
        let gbk = encoding_rs::GB18030.encode(CHINESE).0;
        for declared in ["us-ascii", "iso-8859-1", "utf-8"] {
            assert_eq!(read(&gbk, Some(declared)), (CHINESE.to_owned(), vec!["wrong-charset"]), "{declared}");
        }
        assert_eq!(read("déjà".as_bytes(), Some("us-ascii")), ("déjà".to_owned(), vec!["wrong-charset"]));
        assert_eq!(
            read(&gbk, Some("default")),
            (CHINESE.to_owned(), vec!["unknown-charset", "guessed-charset"])
        );
        let cut = &gbk[..gbk.len() - 1];
        assert!(read(cut, Some("gb2312")).0.starts_with("尊敬的贵公司"));
        assert_eq!(read(b"Parab\xe9ns", Some("utf-8")), ("Parabéns".to_owned(), vec!["wrong-charset"]));
        assert_eq!(read(b"plain", Some("utf-16")), ("plain".to_owned(), vec!["wrong-charset"]));
    }

    #[test]
    fn split_characters_are_mended() {
        let mut bytes = encoding_rs::GB18030.encode("尊敬的贵公司").0.into_owned();
        bytes.splice(5..5, *b"\r\n   ");
        for declared in [Some("gb2312"), None] {
            assert_eq!(read(&bytes, declared).0, "尊敬的贵公司", "{declared:?}");
        }
        assert_eq!(read(&bytes, Some("gb2312")).1, ["split-character"]);
    }

    #[test]
    fn hints_decide() {
        let big5 = encoding_rs::BIG5.encode("免費").0;
        let text = decode(&big5, None, Some(BIG5), &mut DamageSet::default()).into_owned();
        assert_eq!(text, "免費");
        let text = decode(b"d\xe9j\xe0", Some("iso-8859-1"), Some(KOI8_R), &mut DamageSet::default());
        assert_eq!(text, "déjà");
    }
}
